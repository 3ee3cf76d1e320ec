/*
 * content.h - bytes of messages as files of records, and files as what messages are read from.
 *
 * Memory: nothing is copied; what is made reads on from what it was made of.
 */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include "mime/mime.h"

struct file;

/* A file of these bytes, without a name. */
struct file mail_file_of_content(struct mime_content *content, int64_t size);

struct mime_source mail_source_of_content(struct mime_content *content);
struct mime_source mail_source_of_file(struct file *file);

#endif
