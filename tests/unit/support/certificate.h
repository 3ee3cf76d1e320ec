/*
 * certificate.h - a self-signed certificate for localhost, made anew for a test.
 */
#ifndef SUPPORT_CERTIFICATE_H
#define SUPPORT_CERTIFICATE_H

/* Writes an EC key and its certificate, both PEM, with the given common name. */
void certificate_write(const char *certificate_file, const char *key_file, const char *name);

#endif
