#!/usr/bin/env bash
# closing-line.sh STATUS LOG...: one closing line, as pytest writes it, for what several runs of pytest said into these logs.
# A run that did not come to its closing line is an error; so is a STATUS that is not 0 where no run tells why.
set -euo pipefail
status=$1
shift
for log in "$@"; do
    { grep -aE '^=+ .* in [0-9.]+s( \([0-9:]+\))? =+$' "$log" || echo "= 1 error in 0.00s ="; } | tail -n 1
done | awk -v status="$status" '
    BEGIN { split("failed passed skipped deselected xfailed xpassed warnings errors rerun", words) }
    {
        match($0, / in [0-9.]+s/)
        seconds += substr($0, RSTART + 4, RLENGTH - 5)
        split(substr($0, 1, RSTART - 1), parts, /, |=+ /)
        for (i in parts) if (split(parts[i], part, " ") == 2) {
            word = part[2]
            if (word == "error" || word == "warning") word = word "s"
            count[word] += part[1]
        }
    }
    END {
        if (status != 0 && !count["failed"] && !count["errors"]) count["errors"] = 1
        for (i = 1; i in words; i++) if (count[words[i]]) {
            word = words[i]
            if (count[word] == 1) sub(/s$/, "", word)
            line = line (line ? ", " : "") count[words[i]] " " word
        }
        printf "============ %s in %.2fs (%d:%02d:%02d) ============\n", line ? line : "no tests ran", seconds,
            seconds / 3600, seconds % 3600 / 60, seconds % 60
    }'
