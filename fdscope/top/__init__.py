"""The interactive screen of ``fdscope top``: the only room that knows textual."""
