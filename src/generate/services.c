/*
 * services.c - services/ becomes the messages that C names and the table of operations.
 */
#include "base/error.h"
#include "generate/generate.h"
#include "generate/output.h"

static bool write_file(const struct generation *generation, const char *name, const char *purpose,
                       const char *text, struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, name, "services/", purpose);
    output_add(&output, "%s", text);
    return output_finish(&output, error);
}

bool generate_services(const struct generation *generation, struct error *error)
{
    return write_file(generation, "messages.h", "requests and answers of the operations.",
                      "#ifndef GENERATED_MESSAGES_H\n#define GENERATED_MESSAGES_H\n\n#endif\n",
                      error) &&
           write_file(generation, "messages.c", "the shapes of requests and answers.",
                      "#include \"generated/messages.h\"\n\ntypedef int no_messages;\n", error) &&
           write_file(generation, "operations.h", "the operations.",
                      "#ifndef GENERATED_OPERATIONS_H\n#define GENERATED_OPERATIONS_H\n\n#endif\n",
                      error) &&
           write_file(generation, "operations.c", "the table of operations.",
                      "#include \"generated/operations.h\"\n\ntypedef int no_operations;\n", error);
}
