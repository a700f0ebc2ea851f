"""The script for fish: a line a flag, under the condition that the cursor is behind its command."""

from __future__ import annotations

from perry_ffi.cli.completion import FILES, FOLDERS, PATHS, WORDS, kind, places, takes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from perry_ffi.cli.completion import Place
    from perry_ffi.cli.table import Flag, Operand

_SCRIPT = r"""# perry-compose for fish: perry-compose completion fish | source

# What takes a value, by its command: long flags, then a colon and letters.
function __perry_compose_valued
    switch "$argv[1]"
@valued@
    end
end

# The command that a word names behind another. Fails where it names none.
function __perry_compose_named
    switch "$argv[1] $argv[2]"
@named@
        case '*'
            return 1
    end
end

# The words before the cursor, read once each time: the command, the operands behind it, the global flags.
function __perry_compose_read
    set -l line (commandline -cp)
    test "$line" = "$__perry_compose_line"; and return
    set -g __perry_compose_line $line
    set -g __perry_compose_command ''
    set -g __perry_compose_count 0
    set -g __perry_compose_globals
    set -g __perry_compose_over ''
    set -l words (commandline -opc)
    set -g __perry_compose_program $words[1]
    set -l valued (__perry_compose_valued '')
    set -l expects ''
    for word in $words[2..-1]
        set -l of_program
        test -z "$__perry_compose_command"; and set of_program 1
        if test -n "$expects"
            set expects ''
        else if test -z "$__perry_compose_over"; and test "$word" = --
            set __perry_compose_over 1
            continue
        else if test -z "$__perry_compose_over"; and string match -q -- '--*' $word
            contains -- $word $valued; and set expects 1
        else if test -z "$__perry_compose_over"; and string match -q -- '-?*' $word
            # The letters before the first that takes a value are switches; what is behind that one is its value.
            string match -qr -- "^-[^$valued[-1]]*[$valued[-1]]\$" $word; and set expects 1
        else if test $__perry_compose_count = 0; and set -l named (__perry_compose_named "$__perry_compose_command" $word)
            set __perry_compose_command $named
            set valued (__perry_compose_valued $named)
            set __perry_compose_over ''
            continue
        else if test -z "$__perry_compose_command"
            set __perry_compose_command ' unknown'
        else
            set __perry_compose_count (math $__perry_compose_count + 1)
            contains -- "$__perry_compose_command" @unmixed@; and set __perry_compose_over 1
        end
        test -n "$of_program"; and set -a __perry_compose_globals $word
    end
    # A flag whose value is typed just now is none yet.
    test -n "$expects"; and test -z "$__perry_compose_command"; and set -e __perry_compose_globals[-1]
end

# Whether the cursor is behind a command, where its flags stand.
function __perry_compose_at
    __perry_compose_read
    test "$__perry_compose_command" = "$argv[1]"; and test -z "$__perry_compose_over"
end

# Whether it is at an operand of a command. Further arguments: how many may stand before it, or *.
function __perry_compose_operand
    __perry_compose_read
    test "$__perry_compose_command" = "$argv[1]"; or return 1
    test "$argv[2]" = '*'; or test "$argv[2]" = $__perry_compose_count
end

# What the program says of files and engines.
function __perry_compose_known
    __perry_compose_read
    set -l typed (commandline -ct)
    $__perry_compose_program $__perry_compose_globals complete $argv[1] $typed 2>/dev/null
end

complete -c perry-compose -f
@lines@
"""


def script() -> str:
    """The script."""
    known = list(places())
    made = _SCRIPT.replace("@valued@", "\n".join(line for place in known for line in _valued(place)))
    made = made.replace("@named@", "\n".join(line for place in known if place.path for line in _named(place)))
    made = made.replace("@unmixed@", " ".join(_quoted(place.path) for place in known if not place.mixed) or "''")
    return made.replace("@lines@", "\n".join(line for place in known for line in _lines(place, known)))


def _valued(place: Place) -> Iterator[str]:
    flags = [flag for flag in place.flags if takes(flag)]
    long = [f"--{name}" for flag in flags for name in (flag.name, *flag.also)]
    letters = "".join(flag.short for flag in flags) or "@"
    yield f"        case {_quoted(place.path)}"
    yield f"            printf '%s\\n' {' '.join([*long, letters])}"


def _named(place: Place) -> Iterator[str]:
    yield "        case " + " ".join(_quoted(name if " " in name else f" {name}") for name in place.names)
    yield f"            echo {_quoted(place.path)}"


def _lines(place: Place, known: list[Place]) -> Iterator[str]:
    at = _quoted(f"__perry_compose_at {_quoted(place.path)}")
    for flag in place.flags:
        short = f" -s {flag.short}" if flag.short else ""
        value = f" {_value(flag)}" if takes(flag) else ""
        yield f"complete -c perry-compose -n {at}{short} -l {flag.name}{value} -d {_quoted(flag.text)}"
    depth = len(place.path.split())
    names = [one for one in known if len(one.path.split()) == depth + 1 and one.path.split()[:depth] == place.path.split()]
    first = _quoted(f"__perry_compose_operand {_quoted(place.path)} 0")
    for one in names:
        yield f"complete -c perry-compose -n {first} -a {one.path.split()[-1]} -d {_quoted(one.text)}"
    for number, operand in enumerate(place.operands):
        here = f"__perry_compose_operand {_quoted(place.path)} {_quoted('*') if operand.many else number}"
        if value := _operand(operand):
            yield f"complete -c perry-compose -n {_quoted(here)} {value}"
        if kind(operand) == PATHS:  # Behind the colon fish would go on with files of this machine.
            local = _quoted(f"{here}; and not string match -q '*:*' -- (commandline -ct)")
            yield f"complete -c perry-compose -n {local} -F"


def _value(value: Flag) -> str:
    found = kind(value)
    if found == FILES:
        return "-r -F"
    return f"-x{_arguments(value)}" if found else "-x"


def _operand(value: Operand) -> str:
    found = kind(value)
    return "-F" if found == FILES else _arguments(value).strip()


def _arguments(value: Flag | Operand) -> str:
    found = kind(value)
    if found == WORDS:
        return f" -a {_quoted(' '.join(value.words))}"
    if found == FOLDERS:
        return " -a '(__fish_complete_directories (commandline -ct))'"
    return f" -a '(__perry_compose_known {found})'" if found else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
