/*
 * version.h - the release.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define SVYAZ_VERSION "0.1.0"

#endif
