# Reads a list of the repository's files on standard input, then files; prints what they cite and what
# does not exist. Comments of C and of scripts, INI files and Markdown pages are looked at:
#
#   - names of files             "critic.h", "docs/methods.md", "results/paper/table*.csv"
#   - sections of pages in docs  "docs/methods.md 1.1, 1.2", "docs/ledger.md D17"
#   - links and their anchors    [text](docs/claims.md#2-the-claims)           Markdown
#   - commands in code           `vitamin data fetch`, `make lint`            Markdown, comments
#
# For citations.sh, which sets `runtime`: names that exist at run time only.

function kind_of(file) {
    if (file ~ /\.(c|h|def|css|js)$/) return "c"
    if (file ~ /\.md$/) return "md"
    if (file ~ /\.ini$/) return "ini"
    if (file ~ /(\.sh|\.awk|\.gp|\.yml|\.cff|\.editorconfig|Makefile|\.ci\/run)$/) return "script"
    return "text"
}

function folder_of(file) { return file ~ /\// ? substr(file, 1, match(file, /\/[^\/]*$/)) : "" }
function base_of(file) { sub(/.*\//, "", file); return file }
function fault(record, what) { print where[record] ": " what; faults++ }

function keep(text, line) {
    gsub(/[ \t]+/, " ", text)
    if (text !~ /[A-Za-z]/) return
    records++
    record_text[records] = text
    record_file[records] = FILENAME
    where[records] = FILENAME ":" line
}

# Anchors as GitHub makes them: lower case, letters, digits, spaces to hyphens; a second one gets -1.
function anchor_of(heading) {
    heading = tolower(heading)
    gsub(/`/, "", heading)
    gsub(/\]\([^)]*\)/, "", heading)
    gsub(/[][!-,.\/:;<=>?@^{|}~]/, "", heading)
    gsub(/ /, "-", heading)
    return heading
}

FILENAME == "-" { exists[$0] = 1; list[++listed] = $0; by_base[base_of($0)] = by_base[base_of($0)] "\n" $0; next }

FNR == 1 { kind = kind_of(FILENAME); inside = 0; block = ""; fenced = 0 }

# --- C: comments, strings left out; a comment is one record --------------------------------------
kind == "c" {
    line = $0
    if (line ~ /^(const )?struct command [a-z_]+ = \{/) commanding = FILENAME ~ /\/data_/ || line ~ / data_/ ? "data" : "top"
    if (commanding && match(line, /\.name = "[a-z]+"/)) {
        command[commanding, substr(line, RSTART + 9, RLENGTH - 10)] = 1
        commands++
        commanding = ""
    }
    while (line != "") {
        if (!inside) {
            while (match(line, /"([^"\\]|\\.)*"|'.'|\/\*|\/\//) && substr(line, RSTART, 2) !~ /\/[\/*]/) {
                string = substr(line, RSTART, RLENGTH)
                line = substr(line, 1, RSTART - 1) " " substr(line, RSTART + RLENGTH)
                if (string ~ /docs\/[a-z]+\.md/) keep(string, FNR) # what users are told to read
            }
            if (!match(line, /\/\*|\/\//)) break
            if (substr(line, RSTART, 2) == "//") { keep(substr(line, RSTART + 2), FNR); break }
            inside = 1
            begun = FNR
            line = substr(line, RSTART + 2)
        }
        end = index(line, "*/")
        part = end ? substr(line, 1, end - 1) : line
        if (FNR > begun) sub(/^[ \t]*\*+/, "", part)
        block = block " " part
        if (!end) break
        keep(block, begun)
        block = ""
        inside = 0
        line = substr(line, end + 2)
    }
    next
}

# --- scripts, INI: lines of comments that stand together; source_note is read by people too -------
kind == "script" || kind == "ini" {
    text = $0
    if (kind == "ini" ? text ~ /^(;|source_note)/ : text ~ /^[ \t]*#/) {
        sub(/^[ \t]*[#;]+/, "", text)
        if (block == "") begun = FNR
        block = block " " text
        held[FILENAME] = block
        since[FILENAME] = begun
        next
    }
    if (block != "") keep(block, begun)
    block = ""
    delete held[FILENAME]
    next
}

# --- Markdown --------------------------------------------------------------------------------------
kind == "md" {
    if ($0 ~ /^```/) fenced = !fenced
    if (!fenced && $0 ~ /^#+ /) {
        heading = $0
        sub(/^#+ +/, "", heading)
        slug = anchor_of(heading)
        if ((FILENAME, slug) in anchor) { n = ++repeats[FILENAME, slug]; slug = slug "-" n }
        anchor[FILENAME, slug] = 1
        if (match(heading, /^[0-9]+(\.[0-9]+)*|^D[0-9]+[a-z]?/)) section[FILENAME, substr(heading, RSTART, RLENGTH)] = 1
    }
    # In a table a row that begins with a number is a section too: "| 21.4 | acting on ... |".
    if (match($0, /^\| [0-9]+\.[0-9]+ \|/)) section[FILENAME, substr($0, 3, RLENGTH - 4)] = 1
    # A line of code, of a table or a heading is a record; other lines are joined to paragraphs.
    text = $0
    code_line = fenced || text ~ /^(    |\t)/
    if (code_line || text ~ /^([#|]|```|$)/) {
        if (block != "") keep(block, begun)
        block = ""
        delete held[FILENAME]
        keep(code_line ? "`" text "`" : text, FNR)
        next
    }
    if (sub(/^\[[^]]+\]: +/, "](", text)) text = text ")" # [name]: target
    if (block == "") begun = FNR
    block = block " " text
    held[FILENAME] = block
    since[FILENAME] = begun
    next
}

{ keep($0, FNR) }

# --- checks ----------------------------------------------------------------------------------------

# A pattern of the shell as a regular expression.
function pattern(name) {
    gsub(/[.+(){}|^$]/, "\\\\&", name)
    gsub(/\*/, "[^/]*", name)
    return "(^|/)" name "$"
}

function there(name, from,   candidates, n, i, path) {
    if (name in exists || folder_of(from) name in exists || "docs/" name in exists) return 1
    if (name ~ /\*/) {
        for (i = 1; i <= listed; i++)
            if (list[i] ~ pattern(name)) return 1
        return 0
    }
    while (sub(/^\.\.?\//, "", name)) { }
    n = split(by_base[base_of(name)], candidates, "\n")
    for (i = 2; i <= n; i++) {
        path = "/" candidates[i]
        if (length(path) > length(name) && substr(path, length(path) - length(name)) == "/" name) return 1
    }
    return 0
}

function is_placeholder(name) {
    gsub(/README|CHANGELOG|CONTRIBUTING|CITATION/, "", name)
    return name ~ /[A-Z][A-Z]/ || name ~ /[<>$%]/
}

# A name with braces, as in the shell, stands for several.
function check_name(record, name,   open, close_, parts, n, i) {
    if (is_placeholder(name) || base_of(name) in runtime_name) return
    open = index(name, "{")
    close_ = index(name, "}")
    if (open && close_ > open) {
        n = split(substr(name, open + 1, close_ - open - 1), parts, ",")
        for (i = 1; i <= n; i++) check_name(record, substr(name, 1, open - 1) parts[i] substr(name, close_ + 1))
        return
    }
    gsub(/[{}]/, "", name)
    if (!there(name, record_file[record])) fault(record, "cites " name ", which does not exist")
}

# Entries of the ledger: "(D22)", "ledger D5", "docs/ledger.md D1, D2".
function check_ledger(record,   text, number) {
    text = record_text[record]
    while (match(text, /(\(|[Ll]edger |[Ll]edger entry )D[0-9]+[a-z]?[^A-Za-z0-9=]/)) {
        number = substr(text, RSTART, RLENGTH - 1)
        text = substr(text, RSTART + RLENGTH)
        sub(/.*D/, "D", number)
        if (!(("docs/ledger.md", number) in section)) fault(record, "cites the ledger's " number ", which does not exist")
        checked_sections++
    }
}

function page_of(name, from) {
    if (name in exists) return name
    if (folder_of(from) name in exists) return folder_of(from) name
    return "docs/" name
}

# What follows a page's name: " 1.1, 1.2", " 4 to 18", " section 3", " D1, D2".
function check_sections(record, name, rest,   page, number) {
    page = page_of(name, record_file[record])
    if (page !~ /^docs\// || !(page in exists)) return
    sub(/^,? sections?/, "", rest)
    while (match(rest, /^(,| and| to|,? or)? (\* )?(D[0-9]+[a-z]?|[0-9]+(\.[0-9]+)*)/)) {
        number = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (rest ~ /^[A-Za-z0-9%]/) return
        gsub(/[^D0-9.a-z]|and|to|or/, "", number)
        if (number ~ /^D/ && page !~ /ledger/) return
        if (!((page, number) in section)) fault(record, "cites " page " " number ", a section that does not exist")
        checked_sections++
    }
}

function check_files(record,   text, name, before) {
    text = record_text[record]
    gsub(/[a-z]+:\/\/[^ )>]*/, "", text)
    while (match(text, /[A-Za-z0-9_.\/*{},<>$%@-]*\.(md|c|h|def|ini|csv|sh|awk|xml|txt|gp|cff|yml)/)) {
        name = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (text ~ /^([A-Za-z0-9_\/*{]|\.[A-Za-z])/) continue # .csv.gz, .html, a longer name
        if (name !~ /[{]/) sub(/.*[,}]/, "", name)
        sub(/^[.,@*-]+(\/)?/, "", name)
        if (name ~ /^\*?\.?[a-z]+$/ || name ~ /^[0-9.]*\.[a-z]+$/) continue
        check_name(record, name)
        checked_files++
        if (name ~ /\.md$/) check_sections(record, name, text)
    }
}

function check_links(record,   text, link, hash, path, file, anchor_) {
    text = record_text[record]
    if (text ~ /^`/) return
    while (match(text, /\]\([^) ]+\)/)) {
        link = substr(text, RSTART + 2, RLENGTH - 3)
        text = substr(text, RSTART + RLENGTH)
        if (link ~ /^[a-z]+:/) continue
        file = record_file[record]
        hash = index(link, "#")
        anchor_ = hash ? substr(link, hash + 1) : ""
        path = hash ? substr(link, 1, hash - 1) : link
        path = path == "" ? file : folder_of(file) path
        while (sub(/[^\/]+\/\.\.\//, "", path)) { }
        checked_links++
        if (!(path in exists)) fault(record, "links to " link ", which does not exist")
        else if (anchor_ != "" && !((path, anchor_) in anchor)) fault(record, "links to " link ": no such heading")
    }
}

function check_commands(record,   text, n, i, pieces, words, count, k) {
    n = split(record_text[record], pieces, "`")
    for (i = 2; i <= n; i += 2) {
        text = pieces[i]
        sub(/#.*/, "", text)
        count = split(text, words, " ")
        for (k = 1; k < count; k++) {
            if (words[k] ~ /(^|\/)vitamin$/ && words[k + 1] ~ /^[a-z]+$/) {
                checked_commands++
                if (!(("top", words[k + 1]) in command) && words[k + 1] != "help")
                    fault(record, "vitamin " words[k + 1] ": there is no such command")
                if (words[k + 1] == "data" && k + 2 <= count && words[k + 2] ~ /^[a-z]+$/ && words[k + 2] != "help" && !(("data", words[k + 2]) in command))
                    fault(record, "vitamin data " words[k + 2] ": there is no such command")
            }
            if (words[k] == "make" && k == 1 && words[2] ~ /^[a-z_.-]+$/ && !(words[2] in target))
                fault(record, "make " words[2] ": there is no such target")
        }
    }
}

END {
    for (file in held) { FILENAME = file; keep(held[file], since[file]) }
    n = split(runtime, names, " ")
    for (i = 1; i <= n; i++) runtime_name[names[i]] = 1
    while ((getline line < "Makefile") > 0)
        if (match(line, /^[a-z_.-]+:/)) target[substr(line, 1, RLENGTH - 1)] = 1
    for (r = 1; r <= records; r++) {
        check_files(r)
        if ("docs/ledger.md" in exists) check_ledger(r)
        if (commands > 0) check_commands(r)
        if (record_file[r] ~ /\.md$/) check_links(r)
    }
    if (!faults)
        printf "citations: %d files, %d sections, %d links, %d commands\n", checked_files, checked_sections, checked_links, checked_commands
    exit faults > 0
}
