#include "exporter/config/yaml_document.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>

namespace dnsexp {
namespace {

// Lets the parser run and keeps nothing but the line on which the last document began.
class DocumentStarts : public YAML::EventHandler {
  public:
    int line = 0;  // from 1

    void OnDocumentStart(const YAML::Mark& mark) override { line = mark.line + 1; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

// Line of what follows the first document, or 0. YAML::Load does not look at it, and YAML::LoadAll (yaml-cpp
// 0.7) makes empty documents without end of a stray comma or bracket.
int line_after_first(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    DocumentStarts starts;
    if (!parser.HandleNextDocument(starts)) return 0;
    return parser.HandleNextDocument(starts) ? starts.line : 0;
}

// yaml-cpp quotes the character of the file that it does not understand.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= ' ' && c <= '~' ? c : '?';
    return out;
}

// yaml-cpp's words for a value that begins with '*' don't say what to do about it, and a glob often does.
std::string in_words(const YAML::Exception& error) {
    std::string message = "is not valid YAML: " + plain(error.msg);
    if (error.msg.find("alias") != std::string::npos || error.msg.find("anchor") != std::string::npos)
        message += "; put a value that begins with * or & in quotes";
    return message;
}

}  // namespace

std::variant<YAML::Node, ConfigProblem> parse_document(const std::string& text) {
    try {
        if (const int line = line_after_first(text); line != 0)
            return ConfigProblem{line, "has more after its first YAML document; allowed: one document"};
        return YAML::Load(text);
    } catch (const YAML::Exception& error) {
        return ConfigProblem{error.mark.is_null() ? 0 : error.mark.line + 1, in_words(error)};
    }
}

}  // namespace dnsexp
