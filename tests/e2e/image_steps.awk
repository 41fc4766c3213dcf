# The steps of a Containerfile or an Apptainer definition, one a line, fields by tabs:
#   stage NAME | copy STAGE SOURCE... TARGET (STAGE is - for the folder of the build) | dir PATH | run COMMAND |
#   start COMMAND (what the image runs)
# Knows the instructions that packaging/ uses, and stops at others.

function fail(what) {
    printf "%s:%d: unknown: %s\n", FILENAME, FNR, what > "/dev/stderr"
    failed = 1
    exit 1
}
function tabs(text) {
    gsub(/ +/, "\t", text)
    return text
}
BEGIN { definition = ARGV[1] ~ /\.def$/ }
{ sub(/^[ \t]+/, "") }
/^#/ || /^$/ { next }

# --- Containerfile ------------------------------------------------------------------------------
!definition {
    line = line $0
    if (sub(/\\$/, "", line))
        next
    word = line
    sub(/ .*/, "", word)
    rest = substr(line, length(word) + 2)
    if (word == "FROM") {
        print "stage\t" (match(rest, / AS /) ? substr(rest, RSTART + 4) : "final")
    } else if (word == "COPY") {
        stage = "-"
        if (match(rest, /^--from=[^ ]+ /)) {
            stage = substr(rest, 8, RLENGTH - 8)
            rest = substr(rest, RLENGTH + 1)
        }
        print "copy\t" stage "\t" tabs(rest)
    } else if (word == "WORKDIR") {
        print "dir\t" rest
    } else if (word == "RUN") {
        print "run\t" rest
    } else if (word == "ENTRYPOINT") {
        gsub(/[][",]/, "", rest)
        print "start\t" rest
    } else {
        fail(word)
    }
    line = ""
    next
}

# --- Apptainer ----------------------------------------------------------------------------------
/^%/ || /^Bootstrap:/ { end_section() }
/^%files/ {
    section = "files"
    stage = $2 == "from" ? $3 : "-"
    next
}
/^%(post|test|runscript|help)$/ {
    section = substr($0, 2)
    next
}
/^%/ { fail($1) }
section == "" && /^(Bootstrap|From): / { next }
section == "" && /^Stage: / {
    print "stage\t" $2
    next
}
section == "" { fail($1) }
section == "files" { print "copy\t" stage "\t" tabs($0) }
section == "post" || section == "test" { commands = commands (commands == "" ? "" : "; ") $0 }
section == "runscript" {
    sub(/^exec /, "")
    sub(/ "\$@"$/, "")
    print "start\t" $0
}
function end_section() {
    if (commands != "")
        print "run\t" commands
    commands = section = ""
}
END {
    if (!failed)
        end_section()
}
