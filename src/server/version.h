/*
 * version.h - the release.
 */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

#define SVYAZ_VERSION "0.1.0"

#endif
