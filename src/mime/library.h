/*
 * library.h - how this floor, and nobody else, meets GMime.
 *
 * Threads: any.
 */
#ifndef MIME_LIBRARY_H
#define MIME_LIBRARY_H

#include <gmime/gmime.h>

/* Prepares the library, once a process; every entrance of this floor calls it. */
void mime_library_begin(void);

/* How leniently headers are parsed; never changed once made. */
GMimeParserOptions *mime_library_options(void);

#endif
