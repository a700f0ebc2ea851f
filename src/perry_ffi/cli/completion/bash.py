"""The script for bash: a walk over the words before the cursor, by tables of what flags take. Needs nothing but bash (3.2 or newer)."""

from __future__ import annotations

from perry_ffi.cli.completion import WORDS, kind, places, takes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from perry_ffi.cli.completion import Place
    from perry_ffi.cli.table import Flag, Operand

_SCRIPT = r"""# perry-compose for bash: source <(perry-compose completion bash)

# What the value of a flag is completed with. Arguments: the command, the flag. Fails for a switch.
_perry_compose_value() {
    case "$1 $2" in
@values@
        *) return 1 ;;
    esac
}

# The same of an operand. Arguments: the command, how many stand before it.
_perry_compose_operand() {
    REPLY=
    case "$1 $2" in
@operands@
    esac
}

# The flags of a command.
_perry_compose_flags() {
    REPLY=
    case "$1" in
@flags@
    esac
}

# The command that a word names behind another. Fails where it names none.
_perry_compose_command() {
    case "$1 $2" in
@commands@
        *) return 1 ;;
    esac
}

# words: what stands before the cursor, put together again where bash parts it at = and :. word: what the cursor is at.
_perry_compose_words() {
    local line=${COMP_LINE:0:COMP_POINT} part ahead index
    words=()
    for ((index = 0; index <= COMP_CWORD; index++)); do
        part=${COMP_WORDS[index]}
        ahead=${line%%[![:blank:]]*}
        line=${line:${#ahead}}
        [ "$index" -lt "$COMP_CWORD" ] || part=$line
        if [ -n "$ahead" ] || [ "$index" -eq 0 ]; then
            words+=("$part")
        else
            words[${#words[@]}-1]+=$part
        fi
        line=${line:${#part}}
    done
    word=${words[${#words[@]}-1]}
    unset "words[${#words[@]}-1]"
}

# A word without its quotes. What would run a program stays as it was typed.
_perry_compose_plain() {
    REPLY=$1
    case $1 in
        *[\`\<\>\(\)\&\;\|\{]*) ;;
        *[\"\'\\~\$]*) eval "REPLY=$1" 2>/dev/null ;;
    esac
}

# Replies with lines of standard input that begin with $1: the first column, less $2, with $3 behind it.
_perry_compose_reply() {
    local line
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        if [[ $line == "$1"* ]]; then
            line=${line#"$2"}
            [ -z "$line" ] || printf -v line %q "$line"
            COMPREPLY+=("$line$3")
        fi
    done
}

_perry_compose_files() {
    local path
    while IFS= read -r path; do
        if [ -d "$path" ]; then path=$(printf %q/ "$path"); else path=$(printf '%q ' "$path"); fi
        COMPREPLY+=("${path#"$2"}")
    done < <(compgen -f -- "$1")
}

# Replies with what a value may be. Arguments: its kind, what is typed of it, what of that bash leaves where it is.
_perry_compose_known() {
    local ask=("$program" "${globals[@]}" complete "${1%%:*}")
    case $1 in
        '') ;;
        files) compopt -o default 2>/dev/null ;;
        folders) compopt -o dirnames 2>/dev/null ;;
        :*) _perry_compose_reply "$2" "$3" '' < <(printf '%s\n' ${1#:}) ;;
        scales)
            compopt -o nospace 2>/dev/null
            _perry_compose_reply "$2" "$3" '' < <("${ask[@]}" 2>/dev/null)
            ;;
        paths)
            compopt -o nospace 2>/dev/null
            _perry_compose_reply "$2" "$3" '' < <("${ask[@]}" "$2" 2>/dev/null)
            case $2 in *:*) ;; *) _perry_compose_files "$2" "$3" ;; esac
            ;;
        *) _perry_compose_reply "$2" "$3" '' < <("${ask[@]}" 2>/dev/null) ;;
    esac
}

_perry_compose() {
    local -a words globals
    local word program command='' expects='' over='' count=0 index one REPLY
    COMPREPLY=()
    _perry_compose_words
    _perry_compose_plain "${words[0]}"
    program=$REPLY
    for ((index = 1; index < ${#words[@]}; index++)); do
        one=${words[index]}
        if [ -n "$expects" ]; then
            expects=
        elif [ -z "$over" ] && [ "$one" = -- ]; then
            over=1
            continue
        elif [ -z "$over" ] && [[ $one == --* ]]; then
            [[ $one == *=* ]] || ! _perry_compose_value "$command" "$one" || expects=1
        elif [ -z "$over" ] && [[ $one == -?* ]]; then
            one=${one#-}
            while [ -n "$one" ]; do
                if _perry_compose_value "$command" "-${one:0:1}"; then
                    [ ${#one} -gt 1 ] || expects=1
                    break
                fi
                one=${one:1}
            done
        elif [ "$count" -eq 0 ] && _perry_compose_command "$command" "$one"; then
            command=$REPLY
            over=
            continue
        elif [ -z "$command" ]; then
            return
        else
            count=$((count + 1))
            case " @unmixed@ " in *" $command "*) over=1 ;; esac
        fi
        if [ -z "$command" ]; then
            _perry_compose_plain "${words[index]}"
            globals+=("$REPLY")
        fi
    done
    local typed stays=
    if [ -n "$expects" ]; then
        [ -n "$command" ] || unset "globals[${#globals[@]}-1]"
        _perry_compose_plain "$word"
        typed=$REPLY
        one=${words[${#words[@]}-1]}
        [[ $one == --* ]] || one=-${one: -1}
        _perry_compose_value "$command" "$one"
    elif [ -z "$over" ] && [[ $word == --*=* ]]; then
        _perry_compose_value "$command" "${word%%=*}" || return
        one=$REPLY
        _perry_compose_plain "${word#*=}"
        typed=$REPLY
        REPLY=$one
        if [[ $COMP_WORDBREAKS != *=* ]]; then
            _perry_compose_known "$one" "$typed" ''
            COMPREPLY=("${COMPREPLY[@]/#/${word%%=*}=}")
            return
        fi
    elif [ -z "$over" ] && [[ $word == -* ]]; then
        _perry_compose_flags "$command"
        _perry_compose_reply "$word" '' '' < <(printf '%s\n' $REPLY)
        return
    else
        _perry_compose_operand "$command" "$count"
        one=$REPLY
        _perry_compose_plain "$word"
        typed=$REPLY
        REPLY=$one
    fi
    # Where bash parts words it puts in what comes behind that.
    [[ $COMP_WORDBREAKS != *:* || $typed != *:* ]] || stays=${typed%:*}:
    [[ $COMP_WORDBREAKS != *=* || $typed != *=* ]] || stays=${typed%=*}=
    _perry_compose_known "$REPLY" "$typed" "$stays"
}

complete -F _perry_compose perry-compose
"""


def script() -> str:
    """The script."""
    known = list(places())
    parts = {
        "values": _cases(_values(known)),
        "operands": _cases(_operands(known)),
        "flags": "\n".join(f"        '{place.path}') REPLY='{' '.join(_spelled(place))}' ;;" for place in known),
        "commands": _cases(_commands(known)),
        "unmixed": " ".join(place.path for place in known if not place.mixed) or "-",
    }
    made = _SCRIPT
    for name, text in parts.items():
        made = made.replace(f"@{name}@", text)
    return made


def _cases(rows: Iterable[tuple[list[str], str]]) -> str:
    return "\n".join(f"        {' | '.join(_quoted(one) for one in said)}) REPLY={_quoted(reply)} ;;" for said, reply in rows)


def _quoted(text: str) -> str:
    """As a pattern of ``case``, where a ``*`` at the end stays one."""
    return f"'{text[:-1]}'*" if text.endswith("*") else f"'{text}'"


def _values(known: list[Place]) -> Iterator[tuple[list[str], str]]:
    for place in known:
        for flag in filter(takes, place.flags):
            spelled = [f"--{flag.name}", *(f"--{name}" for name in flag.also), *([f"-{flag.short}"] if flag.short else [])]
            yield [f"{place.path} {one}" for one in spelled], _reply(flag)


def _operands(known: list[Place]) -> Iterator[tuple[list[str], str]]:
    for place in known:
        if not place.path:
            yield [" 0"], ":" + " ".join(one.path for one in known if one.path and " " not in one.path)
        elif place.below:
            yield [f"{place.path} 0"], ":" + " ".join(one.name for one in place.below)
        for at, operand in enumerate(place.operands):
            yield [f"{place.path} {'*' if operand.many else at}"], _reply(operand)


def _reply(value: Flag | Operand) -> str:
    """A kind; words that are known, behind a colon."""
    found = kind(value)
    return f":{' '.join(value.words)}" if found == WORDS else found


def _spelled(place: Place) -> Iterator[str]:
    yield from (f"--{flag.name}" for flag in place.flags)


def _commands(known: list[Place]) -> Iterator[tuple[list[str], str]]:
    for place in known:
        if place.path:
            yield [name if " " in name else f" {name}" for name in place.names], place.path
