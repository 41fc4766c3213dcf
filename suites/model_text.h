/* The files of suites/models inside the program, so that it runs from any folder. */
#ifndef SUITES_MODEL_TEXT_H
#define SUITES_MODEL_TEXT_H

struct model_text {
    const char *name; /* "hopper.xml" */
    const char *text;
};

extern const struct model_text model_text[];
extern const int model_text_count;

#endif
