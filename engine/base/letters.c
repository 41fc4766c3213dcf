#include "engine/base/letters.h"

/* clang-format off */
static const struct {
    unsigned code;
    const char *latex, *ascii;
} letters[] = { /* by code */
    {0xA0, "~", " "}, {0xAB, "{\\fontencoding{T1}\\selectfont\\guillemotleft}", "<<"},
    {0xB1, "$\\pm$", "+-"}, {0xBB, "{\\fontencoding{T1}\\selectfont\\guillemotright}", ">>"},
    {0xD0, "{\\fontencoding{T1}\\selectfont\\DH}", "D"}, {0xD7, "$\\times$", "x"},
    {0xDE, "{\\fontencoding{T1}\\selectfont\\TH}", "Th"},
    {0xF0, "{\\fontencoding{T1}\\selectfont\\dh}", "d"},
    {0xFE, "{\\fontencoding{T1}\\selectfont\\th}", "th"},
    {0x104, "{\\fontencoding{T1}\\selectfont\\k{A}}", "A"},
    {0x105, "{\\fontencoding{T1}\\selectfont\\k{a}}", "a"},
    {0x110, "{\\fontencoding{T1}\\selectfont\\DJ}", "D"},
    {0x111, "{\\fontencoding{T1}\\selectfont\\dj}", "d"},
    {0x118, "{\\fontencoding{T1}\\selectfont\\k{E}}", "E"},
    {0x119, "{\\fontencoding{T1}\\selectfont\\k{e}}", "e"},
    {0x12E, "{\\fontencoding{T1}\\selectfont\\k{I}}", "I"},
    {0x12F, "{\\fontencoding{T1}\\selectfont\\k{i}}", "i"},
    {0x14A, "{\\fontencoding{T1}\\selectfont\\NG}", "Ng"},
    {0x14B, "{\\fontencoding{T1}\\selectfont\\ng}", "ng"},
    {0x172, "{\\fontencoding{T1}\\selectfont\\k{U}}", "U"},
    {0x173, "{\\fontencoding{T1}\\selectfont\\k{u}}", "u"},
    {0x1EA, "{\\fontencoding{T1}\\selectfont\\k{O}}", "O"},
    {0x1EB, "{\\fontencoding{T1}\\selectfont\\k{o}}", "o"}, {0x391, "$\\mathrm{A}$", "Alpha"},
    {0x392, "$\\mathrm{B}$", "Beta"}, {0x393, "$\\Gamma$", "Gamma"}, {0x394, "$\\Delta$", "Delta"},
    {0x395, "$\\mathrm{E}$", "Epsilon"}, {0x396, "$\\mathrm{Z}$", "Zeta"},
    {0x397, "$\\mathrm{H}$", "Eta"}, {0x398, "$\\Theta$", "Theta"},
    {0x399, "$\\mathrm{I}$", "Iota"}, {0x39A, "$\\mathrm{K}$", "Kappa"},
    {0x39B, "$\\Lambda$", "Lambda"}, {0x39C, "$\\mathrm{M}$", "Mu"},
    {0x39D, "$\\mathrm{N}$", "Nu"}, {0x39E, "$\\Xi$", "Xi"}, {0x39F, "$\\mathrm{O}$", "Omicron"},
    {0x3A0, "$\\Pi$", "Pi"}, {0x3A1, "$\\mathrm{P}$", "Rho"}, {0x3A3, "$\\Sigma$", "Sigma"},
    {0x3A4, "$\\mathrm{T}$", "Tau"}, {0x3A5, "$\\Upsilon$", "Upsilon"}, {0x3A6, "$\\Phi$", "Phi"},
    {0x3A7, "$\\mathrm{X}$", "Chi"}, {0x3A8, "$\\Psi$", "Psi"}, {0x3A9, "$\\Omega$", "Omega"},
    {0x3B1, "$\\alpha$", "alpha"}, {0x3B2, "$\\beta$", "beta"}, {0x3B3, "$\\gamma$", "gamma"},
    {0x3B4, "$\\delta$", "delta"}, {0x3B5, "$\\varepsilon$", "epsilon"},
    {0x3B6, "$\\zeta$", "zeta"}, {0x3B7, "$\\eta$", "eta"}, {0x3B8, "$\\theta$", "theta"},
    {0x3B9, "$\\iota$", "iota"}, {0x3BA, "$\\kappa$", "kappa"}, {0x3BB, "$\\lambda$", "lambda"},
    {0x3BC, "$\\mu$", "mu"}, {0x3BD, "$\\nu$", "nu"}, {0x3BE, "$\\xi$", "xi"},
    {0x3BF, "$o$", "omicron"}, {0x3C0, "$\\pi$", "pi"}, {0x3C1, "$\\rho$", "rho"},
    {0x3C2, "$\\varsigma$", "sigma"}, {0x3C3, "$\\sigma$", "sigma"}, {0x3C4, "$\\tau$", "tau"},
    {0x3C5, "$\\upsilon$", "upsilon"}, {0x3C6, "$\\varphi$", "phi"}, {0x3C7, "$\\chi$", "chi"},
    {0x3C8, "$\\psi$", "psi"}, {0x3C9, "$\\omega$", "omega"}, {0x3D1, "$\\vartheta$", "theta"},
    {0x3D5, "$\\phi$", "phi"}, {0x3D6, "$\\varpi$", "pi"}, {0x3F0, "$\\kappa$", "kappa"},
    {0x3F1, "$\\varrho$", "rho"}, {0x3F5, "$\\epsilon$", "epsilon"}, {0x1D62, "$_{i}$", "_i"},
    {0x2002, "\\enspace{}", " "}, {0x2003, "\\quad{}", " "}, {0x2009, "\\,", " "},
    {0x2010, "-", "-"}, {0x2011, "-", "-"}, {0x2012, "--", "-"}, {0x2013, "--", "-"},
    {0x2014, "---", "-"}, {0x2015, "---", "-"}, {0x2018, "{`}", "'"}, {0x2019, "{'}", "'"},
    {0x201A, "{\\fontencoding{T1}\\selectfont\\quotesinglbase}", "'"}, {0x201C, "{``}", "\""},
    {0x201D, "{''}", "\""}, {0x201E, "{\\fontencoding{T1}\\selectfont\\quotedblbase}", "\""},
    {0x2020, "\\dag{}", "+"}, {0x2021, "\\ddag{}", "++"}, {0x2026, "\\ldots{}", "..."},
    {0x202F, "\\,", " "}, {0x2032, "$'$", "'"}, {0x2033, "$''$", "''"},
    {0x2039, "{\\fontencoding{T1}\\selectfont\\guilsinglleft}", "<"},
    {0x203A, "{\\fontencoding{T1}\\selectfont\\guilsinglright}", ">"},
    {0x2070, "\\textsuperscript{0}", "^0"}, {0x2071, "$^{i}$", "^i"},
    {0x2074, "\\textsuperscript{4}", "^4"}, {0x2075, "\\textsuperscript{5}", "^5"},
    {0x2076, "\\textsuperscript{6}", "^6"}, {0x2077, "\\textsuperscript{7}", "^7"},
    {0x2078, "\\textsuperscript{8}", "^8"}, {0x2079, "\\textsuperscript{9}", "^9"},
    {0x207A, "$^{+}$", "^+"}, {0x207B, "$^{-}$", "^-"}, {0x207F, "$^{n}$", "^n"},
    {0x2080, "$_{0}$", "_0"}, {0x2081, "$_{1}$", "_1"}, {0x2082, "$_{2}$", "_2"},
    {0x2083, "$_{3}$", "_3"}, {0x2084, "$_{4}$", "_4"}, {0x2085, "$_{5}$", "_5"},
    {0x2086, "$_{6}$", "_6"}, {0x2087, "$_{7}$", "_7"}, {0x2088, "$_{8}$", "_8"},
    {0x2089, "$_{9}$", "_9"}, {0x208A, "$_{+}$", "_+"}, {0x208B, "$_{-}$", "_-"},
    {0x2090, "$_{a}$", "_a"}, {0x2091, "$_{e}$", "_e"}, {0x2092, "$_{o}$", "_o"},
    {0x2093, "$_{x}$", "_x"}, {0x2096, "$_{k}$", "_k"}, {0x2098, "$_{m}$", "_m"},
    {0x2099, "$_{n}$", "_n"}, {0x209C, "$_{t}$", "_t"}, {0x2102, "$\\mathbf{C}$", "C"},
    {0x210B, "$\\mathcal{H}$", "H"}, {0x2110, "$\\mathcal{I}$", "I"},
    {0x2112, "$\\mathcal{L}$", "L"}, {0x2113, "$\\ell$", "l"}, {0x2115, "$\\mathbf{N}$", "N"},
    {0x2119, "$\\mathbf{P}$", "P"}, {0x211A, "$\\mathbf{Q}$", "Q"},
    {0x211B, "$\\mathcal{R}$", "R"}, {0x211D, "$\\mathbf{R}$", "R"},
    {0x2124, "$\\mathbf{Z}$", "Z"}, {0x2190, "$\\leftarrow$", "<-"}, {0x2191, "$\\uparrow$", "up"},
    {0x2192, "$\\to$", "->"}, {0x2193, "$\\downarrow$", "down"},
    {0x2194, "$\\leftrightarrow$", "<->"}, {0x2197, "$\\nearrow$", "up"},
    {0x2198, "$\\searrow$", "down"}, {0x21A6, "$\\mapsto$", "->"}, {0x21D0, "$\\Leftarrow$", "<="},
    {0x21D2, "$\\Rightarrow$", "=>"}, {0x21D4, "$\\Leftrightarrow$", "<=>"},
    {0x2200, "$\\forall$", "all"}, {0x2202, "$\\partial$", "d"}, {0x2203, "$\\exists$", "exists"},
    {0x2205, "$\\emptyset$", "{}"}, {0x2206, "$\\Delta$", "Delta"}, {0x2207, "$\\nabla$", "grad"},
    {0x2208, "$\\in$", "in"}, {0x2209, "$\\notin$", "not in"}, {0x220F, "$\\prod$", "prod"},
    {0x2211, "$\\sum$", "sum"}, {0x2212, "$-$", "-"}, {0x2213, "$\\mp$", "-+"},
    {0x2217, "$\\ast$", "*"}, {0x2218, "$\\circ$", "o"}, {0x2219, "$\\bullet$", "."},
    {0x221A, "$\\surd$", "sqrt"}, {0x221D, "$\\propto$", "~"}, {0x221E, "$\\infty$", "inf"},
    {0x2225, "$\\parallel$", "||"}, {0x2227, "$\\wedge$", "and"}, {0x2228, "$\\vee$", "or"},
    {0x2229, "$\\cap$", "cap"}, {0x222A, "$\\cup$", "cup"}, {0x222B, "$\\int$", "int"},
    {0x223C, "$\\sim$", "~"}, {0x2243, "$\\simeq$", "~="}, {0x2245, "$\\cong$", "~="},
    {0x2248, "$\\approx$", "~="}, {0x2260, "$\\ne$", "!="}, {0x2261, "$\\equiv$", "=="},
    {0x2264, "$\\le$", "<="}, {0x2265, "$\\ge$", ">="}, {0x226A, "$\\ll$", "<<"},
    {0x226B, "$\\gg$", ">>"}, {0x2282, "$\\subset$", "subset"}, {0x2283, "$\\supset$", "supset"},
    {0x2286, "$\\subseteq$", "subset"}, {0x2287, "$\\supseteq$", "supset"},
    {0x2295, "$\\oplus$", "(+)"}, {0x2297, "$\\otimes$", "(x)"}, {0x22A4, "$\\top$", "T"},
    {0x22A5, "$\\bot$", "_|_"}, {0x22C5, "$\\cdot$", "."}, {0x22C6, "$\\star$", "*"},
    {0x2308, "$\\lceil$", "["}, {0x2309, "$\\rceil$", "]"}, {0x230A, "$\\lfloor$", "["},
    {0x230B, "$\\rfloor$", "]"}, {0x25A0, "$\\bullet$", "#"}, {0x25B3, "$\\triangle$", "^"},
    {0x25CB, "$\\circ$", "o"}, {0x25CF, "$\\bullet$", "o"}, {0x2605, "$\\star$", "*"},
    {0x2606, "$\\star$", "*"}, {0x2660, "$\\spadesuit$", "spade"},
    {0x2663, "$\\clubsuit$", "club"}, {0x2665, "$\\heartsuit$", "heart"},
    {0x2666, "$\\diamondsuit$", "diamond"}, {0x2713, "$\\surd$", "yes"},
    {0x2714, "$\\surd$", "yes"}, {0x2717, "$\\times$", "x"}, {0x2718, "$\\times$", "x"},
    {0x27E8, "$\\langle$", "<"}, {0x27E9, "$\\rangle$", ">"}, {0x2C7C, "$_{j}$", "_j"},
    {0x3000, "\\quad{}", " "},
};
/* clang-format on */
enum { LETTERS = sizeof letters / sizeof letters[0] };

/* Bytes of the well-formed UTF-8 sequence at s (no overlong forms, no surrogates), or 0. */
static size_t utf8_length(const unsigned char *s)
{
    static const struct {
        unsigned char low, high, second_low, second_high;
        size_t length;
    } forms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                 {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
                 {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
                 {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (s[0] < forms[i].low || s[0] > forms[i].high)
            continue;
        if (s[1] < forms[i].second_low || s[1] > forms[i].second_high)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++) {
            if ((s[k] & 0xC0) != 0x80)
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

size_t letter_next(const char *text, unsigned *code)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = *s < 0x80 ? 1 : utf8_length(s);
    if (n == 0) {
        *code = LETTER_BROKEN;
        return 1;
    }
    *code = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        *code = *code << 6 | (s[i] & 0x3Fu);
    return n;
}

unsigned letter_fold(unsigned code)
{
    if (code >= 0xFF01 && code <= 0xFF5E) /* full-width ASCII */
        return code - 0xFF01 + '!';
    if (code >= 0x1D400 && code < 0x1D6A4) { /* thirteen alphabets of 52 */
        unsigned k = (code - 0x1D400) % 52;
        return k < 26 ? 'A' + k : 'a' + k - 26;
    }
    if (code >= 0x1D6A8 &&
        code < 0x1D7CA) { /* five of Greek: 25 capitals, nabla, 25 small, others */
        unsigned k = (code - 0x1D6A8) % 58;
        return k < 25 ? 0x391 + k : k == 25 ? 0x2207 : k < 51 ? 0x3B1 + k - 26 : code;
    }
    if (code >= 0x1D7CE && code <= 0x1D7FF)
        return '0' + (code - 0x1D7CE) % 10;
    return code == 0xB5 ? 0x3BC : code == 0x2126 ? 0x3A9 : code; /* micro, ohm */
}

bool letter_invisible(unsigned code)
{
    return code == 0xAD || (code >= 0x200B && code <= 0x200D) ||
           (code >= 0x2060 && code <= 0x2064) || (code >= 0xFE00 && code <= 0xFE0F) ||
           code == 0xFEFF || (code >= 0xE0100 && code <= 0xE01EF);
}

static int find_letter(unsigned code)
{
    int low = 0, high = LETTERS;
    while (low < high) {
        int middle = (low + high) / 2;
        if (letters[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < LETTERS && letters[low].code == code ? low : -1;
}

const char *letter_latex(unsigned code)
{
    int at = find_letter(code);
    return at >= 0 ? letters[at].latex : NULL;
}

const char *letter_ascii(unsigned code)
{
    int at = find_letter(code);
    return at >= 0 ? letters[at].ascii : NULL;
}

const char *letter_accent(unsigned code)
{
    static const struct {
        unsigned code;
        const char *accent;
    } marks[] = {{0x300, "`"}, {0x301, "'"}, {0x302, "^"},  {0x303, "~"}, {0x304, "="},
                 {0x306, "u"}, {0x307, "."}, {0x308, "\""}, {0x30A, "r"}, {0x30B, "H"},
                 {0x30C, "v"}, {0x323, "d"}, {0x327, "c"},  {0x331, "b"}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (marks[i].code == code)
            return marks[i].accent;
    }
    return NULL;
}

bool letter_in_pdflatex(unsigned code)
{
    /* Tried one by one with TeX Live 2022, encoding OT1 (its default). */
    static const struct {
        unsigned low, high;
    } ranges[] = {
        {0xA0, 0xAA},     {0xAC, 0xBA},     {0xBC, 0xCF},     {0xD1, 0xDD},     {0xDF, 0xEF},
        {0xF1, 0xFD},     {0xFF, 0x103},    {0x106, 0x10F},   {0x112, 0x117},   {0x11A, 0x125},
        {0x128, 0x12D},   {0x130, 0x137},   {0x139, 0x13E},   {0x141, 0x148},   {0x14C, 0x165},
        {0x168, 0x171},   {0x174, 0x17E},   {0x192, 0x192},   {0x1C4, 0x1D4},   {0x1E2, 0x1E3},
        {0x1E6, 0x1E9},   {0x1F0, 0x1F0},   {0x1F4, 0x1F5},   {0x218, 0x21B},   {0x232, 0x233},
        {0x237, 0x237},   {0x2C6, 0x2C7},   {0x2D8, 0x2D9},   {0x2DC, 0x2DD},   {0x1E02, 0x1E03},
        {0x1E0D, 0x1E0D}, {0x1E1E, 0x1E21}, {0x1E25, 0x1E25}, {0x1E30, 0x1E31}, {0x1E37, 0x1E37},
        {0x1E43, 0x1E43}, {0x1E45, 0x1E45}, {0x1E47, 0x1E47}, {0x1E5B, 0x1E5B}, {0x1E63, 0x1E63},
        {0x1E6D, 0x1E6D}, {0x1E8E, 0x1E91}, {0x1E9E, 0x1E9E}, {0x1EF2, 0x1EF3}, {0x2016, 0x2016},
        {0x2022, 0x2022}, {0x2030, 0x2031}, {0x203B, 0x203B}, {0x203D, 0x203D}, {0x20AC, 0x20AC},
        {0x2103, 0x2103}, {0x2116, 0x2117}, {0x2120, 0x2120}, {0x2122, 0x2122}, {0x2127, 0x2127},
        {0x212E, 0x212E}, {0x25E6, 0x25E6}, {0x25EF, 0x25EF}, {0xFB00, 0xFB06},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i].low && code <= ranges[i].high)
            return true;
    }
    return false;
}
