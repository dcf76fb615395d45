// Who waits for many things sleeps on its own doorbell alone: rings ring it where it is on their
// list of watchers, deaths ring all, and a thread rings it for descriptors.
#include <cohort/multiprocessing/wait_ready.hpp>

#include <cohort/error.hpp>
#include <cohort/multiprocessing/process.hpp>

#include "multiprocessing/channel/connection_state.hpp"
#include "multiprocessing/channel/descriptor_watch.hpp"
#include "multiprocessing/channel/queue_state.hpp"

#include <algorithm>
#include <memory>
#include <optional>

namespace cohort {

namespace multiprocessing {

class waiting_list final : public runtime::sleep_plan {
 public:
  waiting_list(std::span<const waitable> things, const call& where)
      : where_(where), me_(current_participant("wait_ready", where)) {
    for (std::size_t i = 0; i < things.size(); ++i) add(i, things[i]);
  }

  std::vector<std::size_t> wait() {
    const runtime::wait_reason why{"wait_ready", runtime::no_peer, 0, 0, where_.site};
    std::vector<std::size_t> ready = look();
    if (!ready.empty()) return ready;
    std::optional<descriptor_watch> others;
    const auto news = [&] { return maybe_ready() || (others && others->is_ready()); };
    do {
      others.reset();
      if (!polled_.empty() && !is_due()) others.emplace(*me_, polled_);
      const bool in_time = me_->wait(*this, news, why, where_.limit);
      ready = look();
      if (!in_time) break;
    } while (ready.empty());
    return ready;
  }

  bool arm(runtime::watched_words&) override {
    for (source& each : sources_) each.messages.watch(me_->id());
    return maybe_ready();
  }
  void disarm() override {}

 private:
  // A ring that something comes through.
  struct source {
    std::size_t place;
    ring messages;
    connection_state* end;     // either of an end
    const queue_state* queue;  // or of a queue

    bool maybe_ready() const {
      return messages.readable() || (end && end->may_be_over()) ||
             (queue && queue->shut_down.load(std::memory_order_seq_cst) != 0);
    }
    bool is_ready() const {
      return messages.readable() || (end ? end->is_peer_gone() : maybe_ready());
    }
  };

  void add(std::size_t place, const waitable& thing) {
    const error_context context{.operation = "wait_ready", .site = where_.site};
    switch (thing.what_) {
      case waitable::kind::descriptor:
        polled_.push_back({thing.descriptor_, POLLIN, 0});
        places_.push_back(place);
        return;
      case waitable::kind::queue:
        if (!thing.queue_) throw closed_error("a queue is closed here", context);
        sources_.push_back(
            {place, ring_of(*thing.queue_), nullptr, &thing.queue_->payload_as<queue_state>()});
        return;
      case waitable::kind::end:
        if (!thing.end_) throw closed_error("an end of a pipe is closed here", context);
        if (!thing.end_->can_receive()) {
          throw usage_error("an end of a one-way pipe only sends, so nothing ever comes there",
                            context);
        }
        sources_.push_back({place, thing.end_->incoming(), thing.end_.get(), nullptr});
    }
  }

  bool maybe_ready() const {
    return std::any_of(sources_.begin(), sources_.end(),
                       [](const source& each) { return each.maybe_ready(); });
  }
  bool is_due() const {
    return !where_.limit.never() && runtime::steady_now() >= where_.limit.nanoseconds();
  }
  std::vector<std::size_t> look() {
    std::vector<std::size_t> ready;
    poll_now(polled_, where_);
    for (std::size_t i = 0; i < polled_.size(); ++i) {
      if (polled_[i].revents != 0) ready.push_back(places_[i]);
    }
    for (const source& each : sources_) {
      if (each.is_ready()) ready.push_back(each.place);
    }
    std::sort(ready.begin(), ready.end());
    return ready;
  }

  const call where_;
  const std::shared_ptr<participant> me_;
  std::vector<source> sources_;
  std::vector<pollfd> polled_;
  std::vector<std::size_t> places_;  // of polled_
};

}  // namespace multiprocessing

waitable::waitable(const connection& end) : what_(kind::end), end_(end.state_) {}

waitable::waitable(const process& child)
    : what_(kind::descriptor), descriptor_(child.sentinel(call(call_site::unknown()))) {}

std::vector<std::size_t> wait_ready(std::span<const waitable> things, call where) {
  return multiprocessing::waiting_list(things, where).wait();
}

}  // namespace cohort
