/*
 * library.c - GMime, as lenient as it can be.
 */
#include "mime/library.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static GMimeParserOptions *options; /* set once, then only read */

static void begin(void)
{
    /* What is in another set is decoded by us before GMime sees it; parameters alone are not. */
    static const char *charsets[] = {"utf-8", "windows-1251", "iso-8859-1", NULL};

    g_mime_init();
    options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(options, charsets);
    g_mime_parser_options_set_allow_addresses_without_domain(options, TRUE);
}

void mime_library_begin(void)
{
    pthread_once(&once, begin);
}

GMimeParserOptions *mime_library_options(void)
{
    return options;
}
