/*
 * content.c - one kind of reader in the place of another.
 */
#include "mail/content.h"

#include "metadata/value.h"

static bool read_content(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                         struct error *error)
{
    return mime_content_read(file->context, bytes, capacity, length_out, error);
}

static void rewind_content(struct file *file)
{
    mime_content_rewind(file->context);
}

struct file mail_file_of_content(struct mime_content *content, int64_t size)
{
    return (struct file){
        .size = size, .read = read_content, .rewind = rewind_content, .context = content};
}

static bool go_on_with_content(void *context, void *bytes, size_t capacity, size_t *length_out,
                               struct error *error)
{
    return mime_content_read(context, bytes, capacity, length_out, error);
}

struct mime_source mail_source_of_content(struct mime_content *content)
{
    return (struct mime_source){.read = go_on_with_content, .context = content};
}

static bool go_on_with_file(void *context, void *bytes, size_t capacity, size_t *length_out,
                            struct error *error)
{
    struct file *file = context;

    return file->read(file, bytes, capacity, length_out, error);
}

struct mime_source mail_source_of_file(struct file *file)
{
    return (struct mime_source){.read = go_on_with_file, .context = file};
}
