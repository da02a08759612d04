#include "exporter/security/dga_model.h"

#include <cstring>
#include <utility>

#include "exporter/base/log.h"
#include "exporter/security/dga_blob.h"

namespace dnsexp {
namespace {

// Reads numbers of a blob whose size has been checked.
class Reader {
  public:
    explicit Reader(const uint8_t* at) : at_(at) {}

    uint16_t u16() {
        const auto low = u8();
        return static_cast<uint16_t>(low | u8() << 8);
    }
    int16_t i16() { return static_cast<int16_t>(u16()); }
    uint32_t u32() {
        const uint32_t low = u16();
        return low | static_cast<uint32_t>(u16()) << 16;
    }
    uint8_t u8() { return *at_++; }
    const uint8_t* skip(size_t bytes) { return std::exchange(at_, at_ + bytes); }

  private:
    const uint8_t* at_;
};

Error damaged(const char* what) {
    return Error{"read DGA model", "", 0, what, "build the model again with train/dga and then the exporter"};
}

DgaTables read_tables(Reader& reader) {
    DgaTables tables;
    for (auto& table : tables.trigrams) table = reinterpret_cast<const int8_t*>(reader.skip(dga_trigrams));
    for (auto& table : tables.fragments) table = reader.skip(dga_fragment_slots);
    tables.tlds = reinterpret_cast<const int8_t*>(reader.skip(dga_tld_slots));
    return tables;
}

DgaTree read_tree(Reader& reader) {
    DgaTree tree;
    for (auto& feature : tree.feature) feature = reader.u8();
    for (auto& cut : tree.cut) cut = reader.i16();
    for (auto& leaf : tree.log_odds) leaf = reader.i16();
    return tree;
}

}  // namespace

Result<DgaModel> DgaModel::from_bytes(std::span<const uint8_t> bytes) {
    if (bytes.size() < dga_blob_size(0)) return damaged("too short");
    if (std::memcmp(bytes.data(), dga_blob_magic.data(), dga_blob_magic.size()) != 0)
        return damaged("no model of this kind");
    Reader reader(bytes.data() + dga_blob_magic.size());
    if (reader.u16() != dga_blob_version || reader.u16() != dga_features) return damaged("another version");
    const size_t trees = reader.u16();
    if (reader.u16() != dga_tree_depth || bytes.size() != dga_blob_size(trees))
        return damaged("another size");
    const auto content = bytes.first(bytes.size() - dga_blob_sum);
    if (Reader(content.data() + content.size()).u32() != dga_checksum(content))
        return damaged("wrong checksum");

    DgaModel model;
    model.bias_ = static_cast<int32_t>(reader.u32());
    model.threshold_ = static_cast<int32_t>(reader.u32());
    model.tables_ = read_tables(reader);
    for (size_t i = 0; i < trees; ++i) {
        model.trees_.push_back(read_tree(reader));
        for (const uint8_t feature : model.trees_.back().feature)
            if (feature >= dga_features) return damaged("a tree asks for no feature");
    }
    return model;
}

const DgaModel& DgaModel::built_in() {
    static const DgaModel model = [] {
        auto made = from_bytes(built_in_dga_blob());
        if (!made) log_error("no name is judged for DGA", {{"err", made.error().message()}});
        return made ? std::move(*made) : DgaModel();
    }();
    return model;
}

float DgaModel::threshold() const {
    return static_cast<float>(threshold_) / dga_odds_unit;
}

DgaVerdict DgaModel::judge(std::string_view registrable_domain) const {
    DgaName name;
    if (trees_.empty() || !dga_name_of(registrable_domain, name)) return {};
    DgaFeatures features;
    dga_features_of(name, tables_, features);
    int32_t odds = bias_;
    for (const DgaTree& tree : trees_) {
        uint32_t leaf = 0;
        for (size_t i = 0; i < dga_tree_depth; ++i)
            leaf |= static_cast<uint32_t>(features[tree.feature[i]] > tree.cut[i]) << i;
        odds += tree.log_odds[leaf];
    }
    return {static_cast<float>(odds) / dga_odds_unit, odds > threshold_};
}

}  // namespace dnsexp
