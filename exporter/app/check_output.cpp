#include "exporter/app/check_output.h"

#include <algorithm>
#include <iterator>

#include "exporter/base/json_values.h"
#include "exporter/terminal/text.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

constexpr const char* kIndent = "  ";
constexpr size_t kGap = 2;           // blanks between columns
constexpr size_t kNameMax = 26;      // "interface " and 15 octets, IFNAMSIZ without its end
constexpr size_t kFindingWidth = 7;  // "unknown"

struct Purpose {
    const char* name;
    const char* heading;
};
constexpr Purpose kPurposes[] = {{"counting", "Counting"},
                                 {"workloads", "Workloads: who asks"},
                                 {"calls", "Calls of getaddrinfo()"},
                                 {"web", "Web"}};

const char* finding_name(Finding finding) {
    switch (finding) {
        case Finding::yes:
            return "yes";
        case Finding::partly:
            return "partly";
        case Finding::no:
            return "no";
        case Finding::unknown:
            break;
    }
    return "unknown";
}

const char* yes_or_no(bool yes) {
    return yes ? "yes" : "no";
}

struct Columns {
    size_t name;
    size_t text;  // 0: as long as it is

    [[nodiscard]] size_t before_text() const {
        return std::string_view(kIndent).size() + name + kGap + kFindingWidth + kGap;
    }
};

Columns columns_of(const CheckReport& report, size_t width) {
    Columns columns{0, 0};
    for (const CheckRow& row : report.rows)
        columns.name = std::max(columns.name, std::min(escaped(row.name).size(), kNameMax));
    if (width != 0) columns.text = std::max(width, kCheckWidthMin) - columns.before_text();
    return columns;
}

std::vector<std::string> lines_of(const std::string& text, const Columns& columns) {
    return columns.text == 0 ? std::vector{escaped(text)} : wrapped(text, columns.text);
}

void add_row(std::vector<std::string>& lines, const CheckRow& row, const Columns& columns) {
    const std::string gap(kGap, ' ');
    std::string begin = kIndent + cell(row.name, columns.name, false) + gap +
                        cell(finding_name(row.finding), kFindingWidth, false) + gap;
    for (const std::string& line : lines_of(row.detail, columns)) {
        lines.push_back(begin + line);
        begin.assign(columns.before_text(), ' ');
    }
    if (row.remedy.empty()) return;
    if (columns.text == 0) {
        lines.back() += " -> " + escaped(row.remedy);
        return;
    }
    for (const std::string& line : lines_of("-> " + row.remedy, columns)) lines.push_back(begin + line);
}

std::string last_line(const CheckReport& report) {
    const bool workloads = !report.backend.empty();
    return std::string("works here: counting ") + yes_or_no(report.counting) + ", workloads " +
           yes_or_no(workloads) + (workloads ? " (" + report.backend + ")" : "") +
           ", calls of getaddrinfo() " + yes_or_no(report.calls);
}

}  // namespace

std::vector<std::string> check_table(const CheckReport& report, size_t width) {
    const Columns columns = columns_of(report, width);
    std::vector<std::string> lines;
    for (const Purpose& purpose : kPurposes) {
        lines.emplace_back(purpose.heading);
        for (const CheckRow& row : report.rows)
            if (row.purpose == purpose.name) add_row(lines, row, columns);
        lines.emplace_back();
    }
    const std::string last = last_line(report);
    if (width == 0)
        lines.push_back(last);
    else
        std::ranges::copy(wrapped(last, std::max(width, kCheckWidthMin)), std::back_inserter(lines));
    return lines;
}

std::string check_json(const CheckReport& report) {
    Json rows = Json::array();
    for (const CheckRow& row : report.rows)
        rows.push_back({{"name", row.name},
                        {"for", row.purpose},
                        {"result", finding_name(row.finding)},
                        {"detail", row.detail},
                        {"remedy", text_or_null(row.remedy)}});
    const Json can = {{"counting", report.counting},
                      {"workloads", !report.backend.empty()},
                      {"workload_backend", text_or_null(report.backend)},
                      {"calls", report.calls}};
    return ascii_dump(
        Json{{"version", DNSEXP_VERSION}, {"kernel", report.kernel}, {"rows", rows}, {"can", can}});
}

}  // namespace dnsexp
