#include "exporter/config/manual.h"

#include <CLI/CLI.hpp>

#include "exporter/version.h"

namespace dnsexp {
namespace {

// The day of the page's last change; a day of the build would make no two builds alike.
constexpr const char* kDate = "2026-11-23";

constexpr const char* kBefore = R"(.SH SYNOPSIS
.B ebpf_dns_exporter
.RI [ OPTIONS ]
.RI [ COMMAND ]
.RI [ OPTIONS ]
.SH DESCRIPTION
Counts every DNS message of this host in the kernel, with eBPF: how many, how fast, how often it failed, by server,
query type, outcome and domain.
Prometheus collects the counts by HTTP; a browser shows them live at the same address.
It only watches: it never drops, changes or sends a packet.
.PP
It takes root, or the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; calls of getaddrinfo() take CAP_SYS_ADMIN,
CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH as well.
What it no longer needs it gives up once it watches.
.B ebpf_dns_exporter check
says what this host offers, and what to do where something is missing.
)";

constexpr const char* kAfter = R"(.SH FILES
None is needed.
.TP
The file of \fB\-\-config.file\fR
YAML.
The example, config.example.yaml, has every key with its default; docs/configuration.md is the reference.
.TP
The file of \fB\-\-web.config.file\fR
YAML in the format of Prometheus's exporter\-toolkit: TLS, client certificates, users with bcrypt hashes, headers and a rate
limit.
It and the files that it names are reread when they change.
.SH ENVIRONMENT
.TP
.I NAME
Any variable that a value of the configuration file names as ${NAME}.
.TP
.B NODE_NAME
This node's name, as the API server knows it, where workload.node_name is empty.
.TP
.BR NOTIFY_SOCKET ", " WATCHDOG_USEC ", " WATCHDOG_PID
Set by systemd(1): it is told when the exporter watches, reloads and stops, and that it lives.
.TP
.BR LC_ALL ", " LC_CTYPE ", " LANG ", " TERM
Of
.BR watch :
whether block characters can be shown, and whether there is a terminal to draw on.
.SH SIGNALS
.TP
.B SIGHUP
Reloads the configuration file, opens log files anew and reads blocklists again.
A file with errors leaves the old configuration in force; keys that take a restart are logged.
.TP
.BR SIGINT ", " SIGTERM
End it.
All programs are detached.
.SH EXIT STATUS
.TP
.B 0
It was told to stop, or what was to be checked is in order.
.TP
.B 1
It could not run, or a check found an error; stderr says what, and what to do.
.TP
.B 2
The command line is wrong.
.SH SEE ALSO
.BR bpf (2),
.BR capabilities (7),
.BR systemd.service (5)
)";

std::string bold(const std::string& text) {
    return "\\fB" + roff_escaped(text) + "\\fR";
}

void append_option(std::string& page, const CLI::Option& option) {
    // All names, as "-h,--help".
    page += ".TP\n" + bold(option.get_name(false, true));
    if (!option.get_option_text().empty()) page += " \\fI" + roff_escaped(option.get_option_text()) + "\\fR";
    page += "\n" + roff_escaped(option.get_description()) + ".\n";
}

void append_group(std::string& page, const CLI::App& app, const std::string& group) {
    for (const CLI::Option* option : app.get_options())
        if (option->get_group() == group) append_option(page, *option);
}

void append_command(std::string& page, const CLI::App& command) {
    page +=
        ".SS " + roff_escaped(command.get_name()) + "\n" + roff_escaped(command.get_description()) + ".\n";
    for (const std::string& group : command.get_groups()) append_group(page, command, group);
}

}  // namespace

std::string roff_escaped(const std::string& text) {
    std::string escaped;
    // At the beginning of a line these two begin a request.
    if (text.starts_with('.') || text.starts_with('\'')) escaped += "\\&";
    for (const char c : text) {
        if (c == '\\')
            escaped += "\\e";
        else if (c == '-')
            escaped += "\\-";  // a bare one may be printed as a hyphen, which is not what is typed
        else
            escaped += c == '\n' ? ' ' : c;
    }
    return escaped;
}

std::string manual(const CLI::App& app) {
    std::string page = ".TH EBPF_DNS_EXPORTER 8 \"" + std::string(kDate) +
                       "\" \"ebpf_dns_exporter " DNSEXP_VERSION
                       "\" \"System Administration\"\n"
                       ".SH NAME\n"
                       "ebpf_dns_exporter \\- " +
                       roff_escaped(app.get_description()) + "\n" + kBefore + ".SH OPTIONS\n";
    for (const std::string& group : app.get_groups())
        if (!group.empty()) {
            page += ".SS " + roff_escaped(group) + "\n";
            append_group(page, app, group);
        }
    page += ".SH COMMANDS\nOptions of the exporter may stand before and after a command.\n";
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        append_command(page, *command);
    return page + kAfter;
}

}  // namespace dnsexp
