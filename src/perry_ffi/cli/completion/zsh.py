"""The script for zsh: its own ``_arguments`` by commands, with what each flag does. It is a file of ``fpath``, and can be sourced."""

from __future__ import annotations

from perry_ffi.cli.completion import FILES, FOLDERS, WORDS, kind, places, takes
from perry_ffi.cli.table import TEXTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from perry_ffi.cli.completion import Place
    from perry_ffi.cli.table import Flag, Operand

_SCRIPT = r"""#compdef perry-compose
# perry-compose for zsh: a file named _perry-compose in a folder of fpath; or, behind compinit: source <(perry-compose completion zsh)

# What the program says of files and engines: a name a line, and behind a tab what it is. Arguments: the kind, how it is added.
_perry-compose-known() {
    local kind=$1 line
    shift
    local -a lines=("${(@f)$("$perry_compose_program" "${perry_compose_globals[@]}" complete $kind "${(Q)PREFIX}" 2>/dev/null)}")
    local -a rows=()
    for line in "${(@)lines:#}"; do
        rows+=("${${line%%$'\t'*}//:/\\:}${${(M)line%$'\t'*}/$'\t'/:}")
    done
    (( $#rows )) && _describe -t $kind $kind rows "$@"
}

_perry-compose-paths() {
    if [[ $PREFIX == *:* ]]; then
        _perry-compose-known paths -S ''
    else
        _alternative 'files:file:_files' "services:service: _perry-compose-known paths -S ''"
    fi
}


_perry-compose() {
    local curcontext=$curcontext state line perry_compose_program ret=1
    local -a typed=("${(@)words}") perry_compose_globals
    typeset -A opt_args
    perry_compose_program=${(Q)words[1]/#\~\//$HOME/}
    # While a value is typed, its flag is none yet.
    local -i before=$(( CURRENT - 2 ))
    [[ $words[CURRENT] == -* ]] && before+=1
    perry_compose_globals=("${(@Q)typed[2,before]/#\~\//$HOME/}")
    _arguments -C -s -S -A '-*' \
@globals@ \
        '1: :->command' \
        '*:: :->rest' && ret=0
    perry_compose_globals=("${(@Q)typed[2,$(( $#typed - $#words ))]/#\~\//$HOME/}")
    case $state in
        command)
            local -a known=(
@commands@
            )
            _describe -t commands command known && ret=0
            ;;
        rest)
            curcontext=${curcontext%:*}-$words[1]:
            case $words[1] in
@rest@
            esac
            ;;
    esac
    return ret
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _perry-compose "$@"
else
    compdef _perry-compose perry-compose
fi
"""


def script() -> str:
    """The script."""
    known = list(places())
    program, commands = known[0], [place for place in known if place.path and " " not in place.path]
    made = _SCRIPT.replace("@globals@", _specs(program, 8))
    made = made.replace("@commands@", "\n".join(f"                {_quoted(_row(one.path, one.text))}" for one in commands))
    return made.replace("@rest@", "\n".join(line for one in commands for line in _case(one, known)))


def _case(place: Place, known: list[Place]) -> Iterator[str]:
    yield f"                {'|'.join(place.names)})"
    if not place.below:
        yield f"                    _arguments -s -S{_first(place)} \\"
        yield f"{_specs(place, 24)} && ret=0"
    else:
        below = [one for one in known if one.path.startswith(f"{place.path} ")]
        yield "                    _arguments -C -s -S -A '-*' \\"
        yield f"{_specs(place, 24)} \\"
        yield "                        '1: :->below' \\"
        yield "                        '*:: :->under' && ret=0"
        yield "                    case $state in"
        yield "                        below)"
        yield "                            local -a known=("
        yield from (f"                                {_quoted(_row(one.path.split()[-1], one.text))}" for one in below)
        yield "                            )"
        yield "                            _describe -t commands command known && ret=0"
        yield "                            ;;"
        yield "                        under)"
        yield "                            case $words[1] in"
        for one in below:
            yield f"                                {'|'.join(dict.fromkeys(name.split()[-1] for name in one.names))})"
            yield "                                    _arguments -s -S \\"
            yield f"{_specs(one, 40)} && ret=0"
            yield "                                    ;;"
        yield "                            esac"
        yield "                            ;;"
        yield "                    esac"
    yield "                    ;;"


def _first(place: Place) -> str:
    """Where flags end at the first operand."""
    return "" if place.mixed else " -A '-*'"


def _specs(place: Place, indent: int) -> str:
    rows = [_flag(flag) for flag in place.flags]
    for at, operand in enumerate(place.operands):
        number = "*" if operand.many else f"{at + 1}"
        rows.append(_quoted(f"{number}:{_escaped(operand.shown.lower())}:{_action(operand)}"))
    return " \\\n".join(" " * indent + row for row in rows)


def _flag(flag: Flag) -> str:
    text, value = _escaped(flag.text), ""
    if takes(flag):
        value = f":{_escaped(flag.value.lower())}:{_action(flag)}"
    many = flag.kind == TEXTS
    long = f"--{flag.name}{'=' if value else ''}"
    if not flag.short:
        return _quoted(f"{'*' if many else ''}{long}[{text}]{value}")
    excluded = f"(-{flag.short} --{flag.name})"
    short = f"-{flag.short}{'+' if value else ''}"
    return f"{_quoted('*' if many else excluded)}{{{short},{long}}}{_quoted(f'[{text}]{value}')}"


def _action(value: Flag | Operand) -> str:
    found = kind(value)
    if found == WORDS:
        return f"({' '.join(value.words)})"
    if found in (FILES, FOLDERS):
        return "_files" if found == FILES else "_files -/"
    if found == "paths":
        return "_perry-compose-paths"
    if found == "scales":
        return " _perry-compose-known scales -S ''"
    return f" _perry-compose-known {found}" if found else " "


def _row(name: str, text: str) -> str:
    return f"{name}:{text}"


def _escaped(text: str) -> str:
    for char in "\\[]:":
        text = text.replace(char, f"\\{char}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
