#!/bin/bash
# Comments and pages cite only what exists: files, sections, headings, commands (citations.awk).
# `citations.sh --self-test` plants one fault of each kind in a repository of its own and expects to be
# told of each.
set -euo pipefail
lint=$(realpath "$(dirname "$0")")
cd "${CITATIONS_ROOT:-$lint/../..}"

# Names that exist at run time only, by basename.
runtime=$(sed 's/#.*//' <<'NAMES'
    # a run's folder
    config.ini run.log
    # a report's folder
    report.md claims.md agreement.md scores.csv curves.csv claims.csv runs.csv fig6.gp
    # what `vitamin env --csv` and `vitamin export` write
    episodes.csv
    evaluations.csv iterations.csv
    # what `vitamin slurm` writes
    vitamin-main.sh
    # what readers bring along
    mine.ini strong.ini mine.csv dmc.csv seed.csv method_seed.csv progress.csv
NAMES
)

check() {
    local files
    mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.c' '*.h' '*.def' '*.css' '*.js' \
        '*.ini' '*.md' '*.sh' '*.awk' '*.gp' '*.yml' '*.cff' Makefile .ci/run 'harness/**/*.txt' \
        ':!results/runs' ':!results/report' ':!tests/data')
    git ls-files --cached --others --exclude-standard |
        awk -v runtime="$(tr '\n' ' ' <<<"$runtime")" -f "$lint/citations.awk" - "${files[@]}"
}

self_test() {
    local folder bad=0
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' RETURN
    git -C "$folder" init -q
    mkdir -p "$folder/docs" "$folder/harness"
    printf 'lint:\n' >"$folder/Makefile"
    printf '# Page\n\n## 1. One\n\n### 1.2 Two\n\n| 3.4 | a row |\n' >"$folder/docs/page.md"
    printf 'const struct command command_run = {\n    .name = "run",\n};\n' >"$folder/harness/run.c"

    # what comments or pages say, and what must be said of it ("" for nothing)
    expect() { # file, text, pattern
        printf '%b\n' "$2" >"$folder/$1"
        out=$(CITATIONS_ROOT=$folder "$lint/citations.sh" 2>&1) && status=0 || status=$?
        rm "$folder/$1"
        if [ -n "$3" ] && { [ $status = 0 ] || ! grep -q -- "$3" <<<"$out"; }; then
            echo "citations: not reported ($3) of: $2"
            bad=1
        elif [ -z "$3" ] && [ $status != 0 ]; then
            echo "citations: wrongly reported of: $2: $out"
            bad=1
        fi
    }
    expect a.c '/* see docs/page.md 1, 1.2 and 3.4 */' ''
    expect a.c '/* page.md, run.c, NAME.ini, curves.csv.gz, https://example.org/x.md */' ''
    expect a.c 'char *s = "gone.md"; /* fine */' ''
    expect a.c 'char *s = "see docs/gone.md"; char q = \047"\047; /* page.md */' 'cites docs/gone.md'
    expect a.c '/* see gone.md */' 'a.c:1: cites gone.md'
    expect a.c 'int x; // see gone.c' 'cites gone.c'
    expect a.h '/* one\n * two docs/page.md\n * 7.1 */' 'docs/page.md 7.1'
    expect a.h '/* docs/page.md 1 to 9 */' 'docs/page.md 9'
    expect a.h '/* see page.md section 8 */' 'docs/page.md 8'
    expect a.c '/* spec-{one,page}.md */' 'cites spec-one.md'
    expect a.c '/* page*.md */' ''
    expect a.c '/* gone*.md */' 'cites gone'
    expect a.c '/* `vitamin fly` */' 'vitamin fly'
    expect a.ini '; from gone.csv' 'cites gone.csv'
    expect a.ini 'source_note = gone.md 3' 'cites gone.md'
    expect a.sh '# see gone.sh' 'cites gone.sh'
    expect docs/b.md '[x](page.md#1-one) [y](../Makefile) `vitamin run`' ''
    expect docs/b.md '[x](page.md#gone)' 'no such heading'
    expect docs/b.md '[x](gone.md)' 'links to gone.md'
    expect docs/b.md '[x]: gone.md' 'links to gone.md'
    expect docs/b.md 'as docs/page.md\n7.1 says' 'docs/page.md 7.1'
    expect docs/b.md '    vitamin fly   # here' 'vitamin fly'
    expect docs/b.md '```\nmake coffee\n```' 'make coffee'
    expect docs/b.md 'as `harness/gone.ini` says' 'cites harness/gone.ini'
    [ $bad = 0 ] && echo "citations: finds what is planted"
    return $bad
}

case "${1:-}" in
--self-test) self_test ;;
*) check ;;
esac
