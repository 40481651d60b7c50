# Completion of fdscope for fish: the program itself says what may follow.
# Try it with: fdscope completion fish | source

function __fdscope_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program completion --for fish $words "$word" 2>/dev/null)
    test (count $lines) -gt 1
    and printf '%s\n' $lines[2..-1]
    set -l before (string match -r -- '^--[a-z-]+=' "$word")
    set -l path (string sub -s (math (string length -- "$before") + 1) -- "$word")
    switch "$lines[1]"
        case files
            for one in (__fish_complete_path "$path")
                printf '%s\n' "$before$one"
            end
        case directories
            for one in (__fish_complete_directories "$path" '')
                printf '%s\n' "$before$one"
            end
        case commands
            __fish_complete_command
    end
end

complete -c fdscope -f -a '(__fdscope_complete)'
