# Completion of fdscope for bash: the program itself says what may follow.
# Try it with: eval "$(fdscope completion bash)"

_fdscope() {
    local sort=words value told word=${COMP_WORDS[COMP_CWORD]}
    local -a values=() shown=()
    COMPREPLY=()
    {
        IFS= read -r sort
        while IFS=$'\t' read -r value told; do
            values+=("$value")
            shown+=("$value${told:+  ($told)}")
        done
    } < <("$1" completion --for bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    case ${COMP_TYPE:-9} in
        37 | 42) COMPREPLY=("${values[@]}") ;; # all of them are inserted, one after the other
        *) if ((${#values[@]} > 1)); then COMPREPLY=("${shown[@]}"); else COMPREPLY=("${values[@]}"); fi ;;
    esac
    [[ $word == [=:] ]] && word=
    word=${word#[\"\']}
    ((${#values[@]})) || [[ $sort == words ]] || compopt -o filenames 2>/dev/null
    case $sort in
        list) compopt -o nospace 2>/dev/null ;;
        files) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$word") ;;
        directories) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$word") ;;
        commands) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -c -- "$word") ;;
    esac
}

complete -o nosort -F _fdscope fdscope 2>/dev/null || complete -F _fdscope fdscope
