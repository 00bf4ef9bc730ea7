#include "script.h"

#include <stdlib.h>

#include "figures.h"

void script_init(struct script *script, uint64_t capacity)
{
    *script = (struct script){.items = take(capacity, sizeof(struct command)), .capacity = capacity};
}

void script_free(struct script *script)
{
    free(script->items);
    *script = (struct script){0};
}

void script_clear(struct script *script)
{
    script->count = 0;
}

struct command *script_add(struct script *script, struct command command)
{
    struct command *kept = &script->items[script->count];

    if (script->count == script->capacity)
        give_up("the script is full", script->capacity);
    script->count++;
    command.sequence = ++script->sequence;
    command.time_ns = (int64_t)(command.sequence * COMMAND_NS);
    if (command.type == COMMAND_NEW_ORDER)
        command.client_key = mix(command.sequence);
    *kept = command;
    return kept;
}

uint64_t script_run(struct engine *engine, const struct command *commands, uint64_t count, uint32_t batch)
{
    uint64_t events = 0;

    for (uint64_t done = 0; done < count;) {
        uint64_t left = count - done;
        uint32_t consumed;

        events += engine_process(engine, commands + done, left < batch ? (uint32_t)left : batch, &consumed);
        done += consumed;
    }
    return events;
}

uint32_t script_tree(struct script *script, uint32_t depth, uint32_t accounts)
{
    uint32_t above = ENGINE_NONE, above_width = 1, node = 0;

    for (uint32_t level = 0; level < depth; level++) {
        uint32_t width = level + 1 == depth ? accounts : 1U << level;
        uint32_t first = node;

        for (uint32_t i = 0; i < width; i++, node++) {
            uint32_t parent = level == 0 ? ENGINE_NONE : above + i % above_width;

            script_add(script, (struct command){.type = COMMAND_ADD_NODE, .node = node, .target = parent});
        }
        above = first;
        above_width = width;
    }
    return above;
}

void script_limit(struct script *script, uint32_t node, uint32_t instrument, uint8_t type, int64_t value)
{
    script_add(script, (struct command){.type = COMMAND_SET_LIMIT, .node = node, .instrument = instrument,
                                        .kind = type, .quantity = value});
}
