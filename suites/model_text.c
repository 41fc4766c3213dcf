#include "suites/model_text.h"

/* The assembler reads the file; its path is from the root, where make runs. The Makefile knows that
 * this object depends on suites/models. */
#define MODEL_TEXT(id)                                                                             \
    __asm__(".section .rodata\n"                                                                   \
            "model_text_" #id ":\n"                                                                \
            ".incbin \"suites/models/" #id ".xml\"\n"                                              \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char model_text_##id[];

/* One row a file of suites/models, by name. */
#define MODELS(X)                                                                                  \
    X(adroit_door)                                                                                 \
    X(adroit_drive)                                                                                \
    X(adroit_hammer)                                                                               \
    X(adroit_hand)                                                                                 \
    X(adroit_pen)                                                                                  \
    X(adroit_relocate)                                                                             \
    X(adroit_rules)                                                                                \
    X(hopper)

MODELS(MODEL_TEXT)

const struct model_text model_text[] = {
#define ROW(id) {#id ".xml", model_text_##id},
    MODELS(ROW)
#undef ROW
};

const int model_text_count = (int)(sizeof model_text / sizeof *model_text);
