/*
 * aggregate_sort.c - groups in order. Sorted here, they are in the same order on every engine, by
 * the very numbers that are answered.
 */
#include <stdlib.h>
#include <string.h>

#include "query/aggregate_tree.h"

static int sign(int64_t left, int64_t right)
{
    return left < right ? -1 : left > right ? 1 : 0;
}

static int compare_bytes(const struct cell *left, const struct cell *right)
{
    size_t shorter =
        left->bytes.length < right->bytes.length ? left->bytes.length : right->bytes.length;
    int order = memcmp(left->bytes.data, right->bytes.data, shorter);
    return order != 0 ? order : sign((int64_t)left->bytes.length, (int64_t)right->bytes.length);
}

/* Two cells of one column. */
static int compare_cells(const struct cell *left, const struct cell *right)
{
    if (left->is_null || right->is_null) {
        return sign(!left->is_null, !right->is_null);
    }
    switch (left->type) {
    case COLUMN_TEXT:
        return strcmp(left->text, right->text);
    case COLUMN_INTEGER:
        return sign(left->integer, right->integer);
    case COLUMN_DECIMAL:
        return decimal_compare(left->decimal, right->decimal);
    case COLUMN_BOOLEAN:
        return sign(left->boolean, right->boolean);
    case COLUMN_DATE:
        return sign(left->date, right->date);
    case COLUMN_MOMENT:
        return sign(left->moment, right->moment);
    case COLUMN_UUID:
        return memcmp(left->uuid.bytes, right->uuid.bytes, sizeof(left->uuid.bytes));
    case COLUMN_BYTES:
        return compare_bytes(left, right);
    }
    return 0;
}

/* As people order texts; those that are alike to them by their bytes. */
static int compare_keys(const struct group_key_value *left, const struct group_key_value *right)
{
    int order = compare_cells(&left->sort, &right->sort);
    return order != 0 ? order : compare_cells(&left->cell, &right->cell);
}

static int compare_measured(const struct group_measured *left, const struct group_measured *right)
{
    if (left->is_null || right->is_null) {
        return sign(!left->is_null, !right->is_null);
    }
    return left->is_number ? wide_compare(left->number, right->number)
                           : compare_cells(&left->cell, &right->cell);
}

static int compare_groups(const void *left_item, const void *right_item)
{
    const struct aggregate_group *left = left_item;
    const struct aggregate_group *right = right_item;
    const struct aggregate *aggregate = left->aggregate;
    int order = 0;
    for (size_t index = 0; index < aggregate->order_count && order == 0; index++) {
        const struct aggregate_order *by = &aggregate->orders[index];
        order = by->is_measure
                    ? compare_measured(&left->measured[by->place], &right->measured[by->place])
                    : compare_keys(&left->keys[by->place], &right->keys[by->place]);
        order = by->is_descending ? -order : order;
    }
    for (size_t key = 0; key < aggregate->key_count && order == 0; key++) {
        order = compare_keys(&left->keys[key], &right->keys[key]);
    }
    return order;
}

void aggregate_sort(struct aggregate_group *groups, size_t count)
{
    if (count > 1) {
        qsort(groups, count, sizeof(*groups), compare_groups);
    }
}
