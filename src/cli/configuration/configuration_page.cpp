// SPDX-License-Identifier: Apache-2.0
#include "configuration/configuration_page.hpp"

#include <fmt/format.h>

#include <string_view>

#include "configuration/setting_values.hpp"
#include "configuration/settings.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view introduction = R"(# Configuration

What `millrace serve` goes by. This page is written by `millrace docs configuration` from the table
that the program itself reads.

A setting can be decided in four places; what comes later in this list counts:

1. its default,
2. a YAML file: `--config FILE`, else `$MILLRACE_CONFIG`, else `millrace.yaml` in the data folder, if
   it is there,
3. an environment variable; the parts of a list are separated by commas,
4. a flag, or `--set KEY=VALUE` where a setting has none. A flag of a list may be given several
   times.

In a file, the part of a key before the dot is a section:

```yaml
server:
  listen: 0.0.0.0:8420
  public_url: https://flows.example.com
workflows:
  folder: workflows        # relative to this file
  watch: true
retention:
  age: 90d
log:
  level: debug
```

A key that does not exist and a value that does not fit are errors that name file, line, column and
what was probably meant; the server does not start with them. `millrace config show` prints every
value and what has decided it, `millrace config show --json` the same for programs, and
`millrace doctor` tells what is wrong.

On SIGHUP the server reads all of it again. Settings marked **live** change at once; the log names
those that wait for a restart. With an error in the file everything stays as it was.

Sizes are written `512B`, `64KiB`, `16MiB`, `2GiB`, durations `250ms`, `30s`, `10m`, `2h`, `1d`.
)";

/// A cell of a table: a bar would end it.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char letter : text) {
        if (letter == '|') escaped += '\\';
        escaped += letter;
    }
    return escaped;
}

std::string code(std::string_view text) {
    return text.empty() ? "" : "`" + cell(text) + "`";
}

std::string default_words(const Setting& setting) {
    return code(setting_text(setting, setting.load(Configuration{})));
}

void append_table(std::string& page, std::string_view section) {
    page += "\n| key | variable, flag | value | default | |\n| --- | --- | --- | --- | --- |\n";
    for (const Setting& setting : settings()) {
        if (setting.section() != section) continue;
        std::string names = code(setting.variable);
        if (!setting.flag.empty()) names += ", " + code(setting.flag);
        page += fmt::format("| `{}` | {} | {} | {} | {}{}. |\n", setting.key, names,
                            cell(setting_type_words(setting)), default_words(setting),
                            setting.changes_live ? "**live** " : "", cell(setting.description));
    }
}

}  // namespace

std::string configuration_page() {
    std::string page{introduction};
    std::string_view section;
    for (const Setting& setting : settings()) {
        if (setting.section() == section) continue;
        section = setting.section();
        page += fmt::format("\n## {}: {}\n", section, section_title(section));
        append_table(page, section);
    }
    page +=
        "\n## Elsewhere\n\nThe data folder is not among them, since the file may lie in it: "
        "`--data DIR`, else\n`$MILLRACE_DATA`, else `./millrace-data` if it exists, else "
        "`millrace` in `$XDG_DATA_HOME` or\n`~/.local/share`. `$MILLRACE_SERVER` and "
        "`$MILLRACE_TOKEN` are for commands that call a server.\n";
    return page;
}

}  // namespace millrace::cli
