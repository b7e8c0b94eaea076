#include "reference-server/seam/techniques.h"

#include "reference-server/options.h"
#include "reference-server/stats.h"

namespace server {

std::vector<TechniqueInfo> make_technique_table();  // generated

std::span<const TechniqueInfo> techniques() {
  static const std::vector<TechniqueInfo> table = make_technique_table();
  return table;
}

std::vector<std::size_t> own_counters() {
  std::vector<std::size_t> counts;
  for (const TechniqueInfo& info : techniques()) counts.push_back(info.counter_names.size());
  return counts;
}

Techniques::Techniques(Context& context) {
  const Options& options = context.options;
  for (std::size_t i = 0; i < techniques().size(); ++i) {
    const TechniqueInfo& info = techniques()[i];
    Served& served = served_.emplace_back();
    served.route = info.route_option != nullptr ? options.*info.route_option : info.route;
    served.and_below = info.takes_all;
    if (info.conformance && !options.conformance) continue;
    served.technique = info.make(context, context.stats.techniques[i]);
  }
}

std::uint16_t Techniques::find(Bytes path) const {
  for (std::size_t i = 0; i < served_.size(); ++i) {
    const Served& served = served_[i];
    if (served.technique == nullptr) continue;
    if (served.and_below ? path.starts_with(served.route) : path == served.route) return static_cast<std::uint16_t>(i);
  }
  return kNone;
}

void Techniques::on_publish(Topic& topic, const Message& message) {
  for (const Served& served : served_) {
    if (served.technique != nullptr) served.technique->on_publish(topic, message);
  }
}

void Techniques::on_flush() {
  for (const Served& served : served_) {
    if (served.technique != nullptr) served.technique->on_flush();
  }
}

void Techniques::on_topic_gone(const Topic& topic) {
  for (const Served& served : served_) {
    if (served.technique != nullptr) served.technique->on_topic_gone(topic);
  }
}

void Techniques::on_shutdown() {
  for (const Served& served : served_) {
    if (served.technique != nullptr) served.technique->on_shutdown();
  }
}

}  // namespace server
