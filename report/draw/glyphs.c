#include "report/draw/glyphs.h"

#include "engine/base/letters.h"

#include <fontconfig/fontconfig.h>
#include <stdio.h>
#include <string.h>

/* All letters of the outline fonts that Pango draws with, which lays out gnuplot's texts: TrueType
 * and OpenType, no Type 1. NULL when fontconfig cannot tell. */
static const FcCharSet *drawable_letters(void)
{
    static FcCharSet *all;
    static bool asked;
    if (asked)
        return all;
    asked = true;
    FcPattern *any = FcPatternCreate();
    FcObjectSet *wanted = FcObjectSetBuild(FC_CHARSET, FC_FONTFORMAT, (char *)NULL);
    FcFontSet *fonts = any != NULL && wanted != NULL ? FcFontList(NULL, any, wanted) : NULL;
    all = fonts != NULL ? FcCharSetCreate() : NULL;
    for (int i = 0; all != NULL && i < fonts->nfont; i++) {
        FcChar8 *format;
        FcCharSet *letters;
        if (FcPatternGetString(fonts->fonts[i], FC_FONTFORMAT, 0, &format) == FcResultMatch &&
            (strcmp((char *)format, "TrueType") == 0 || strcmp((char *)format, "CFF") == 0) &&
            FcPatternGetCharSet(fonts->fonts[i], FC_CHARSET, 0, &letters) == FcResultMatch)
            FcCharSetMerge(all, letters, NULL);
    }
    if (fonts != NULL)
        FcFontSetDestroy(fonts);
    if (wanted != NULL)
        FcObjectSetDestroy(wanted);
    if (any != NULL)
        FcPatternDestroy(any);
    return all;
}

static bool is_drawable(unsigned code)
{
    if (code < 0x80 || code == LETTER_BROKEN)
        return true;
    const FcCharSet *all = drawable_letters();
    return all == NULL || FcCharSetHasChar(all, code);
}

bool glyphs_missing(const char *text)
{
    for (unsigned code; *text != '\0';) {
        text += letter_next(text, &code);
        if (!is_drawable(code) && !letter_invisible(code))
            return true;
    }
    return false;
}

/* What is drawn for a letter without a glyph. `in_code`: the one before was drawn as its code. */
static void spell_letter(unsigned code, bool *in_code, char out[16])
{
    unsigned plain = letter_fold(code);
    const char *ascii = letter_ascii(plain);
    bool spelt = letter_invisible(code) || plain < 0x80 || ascii != NULL;
    if (letter_invisible(code))
        out[0] = '\0';
    else if (plain < 0x80)
        snprintf(out, 16, "%c", (char)plain);
    else if (ascii != NULL)
        snprintf(out, 16, "%s", ascii);
    else
        snprintf(out, 16, "%s%04X", *in_code ? " " : "U+", code);
    *in_code = !spelt || (*in_code && letter_invisible(code));
}

const char *glyphs_spell(const char *text, char *out, size_t size)
{
    size_t used = 0;
    bool changed = false, in_code = false;
    for (const char *s = text; *s != '\0';) {
        unsigned code;
        char own[16];
        size_t bytes = letter_next(s, &code), length = bytes;
        const char *piece = s;
        if (is_drawable(code)) {
            /* "U+57FA" and what follows it are two words. */
            if (in_code && code != ' ' && used + 1 < size)
                out[used++] = ' ';
            in_code = false;
        } else {
            bool before = in_code;
            spell_letter(code, &in_code, own);
            if (in_code && !before && used > 0 && out[used - 1] != ' ' && used + 1 < size)
                out[used++] = ' ';
            piece = own;
            length = strlen(own);
            changed = true;
        }
        if (used + length + 1 > size)
            break;
        memcpy(out + used, piece, length);
        used += length;
        s += bytes;
    }
    out[used] = '\0';
    return changed ? out : text;
}
