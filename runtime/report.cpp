#include "runtime/report.hpp"

#include <cohort/constants.hpp>
#include <cohort/detail/core.hpp>

#include "runtime/names.hpp"

#include <sys/wait.h>

#include <cstring>
#include <string_view>

namespace cohort::runtime {

namespace {

std::string range(const communicator_state& comm) {
  return comm.size() == 1 ? std::string("0, the only rank")
                          : "0 to " + std::to_string(comm.size() - 1);
}

wait_reason reason(const char* name, int peer, int tag, const call& where) {
  return {name, peer, tag, 0, where.site};
}

std::string elements(std::uint64_t bytes, const detail::element_type& type) {
  if (type.size <= 1) return std::to_string(bytes) + " bytes";
  const std::uint64_t count = bytes / type.size;
  return std::to_string(count) + (count == 1 ? " element" : " elements") + " of " + type.name +
         " (" + std::to_string(bytes) + " bytes)";
}

std::string how_it_went(const communicator_state& comm, std::uint32_t member, member_state state) {
  const member_entry& entry = comm.home().memory().member(member);
  switch (state) {
    case member_state::finalized:
      return " has finalized and will neither send nor receive any more";
    case member_state::left_by_throw:
      return " has left the job by an exception";
    default:
      break;
  }
  const int status = entry.wait_status.load(std::memory_order_relaxed);
  std::string text = " is dead";
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    text += ": killed by signal " + std::to_string(WTERMSIG(status)) +
            (name ? std::string(" (SIG") + name + ")" : std::string());
  } else if (WIFEXITED(status)) {
    text += ": it exited with code " + std::to_string(WEXITSTATUS(status)) +
            " without ending its environment";
  }
  const std::size_t words = ::strnlen(entry.last_words, sizeof entry.last_words);
  if (words != 0) text += "; it said: " + std::string(entry.last_words, words);
  return text;
}

// What of the wanted peer is there, for a timeout: what it waits for itself, and its messages.
std::string instead(communicator_state& comm, const wait_reason& why) {
  endpoint& home = comm.home();
  std::string text;
  if (why.peer >= 0 && why.peer < comm.size()) {
    const std::uint32_t member = comm.member_of(why.peer);
    const auto state = home.memory().member(member).state.load(std::memory_order_acquire);
    const std::string peer = "rank " + std::to_string(why.peer);
    if (state == member_state::vacant) {
      text += "; " + peer + " has not started communicating";
    } else if (terminal(state)) {
      text += "; " + peer + how_it_went(comm, member, state);
    } else if (const auto busy = describe_wait(home.memory(), member)) {
      text += "; " + peer + " has been in " + *busy;
    } else {
      text += "; " + peer + " is in no blocking call";
    }
  }
  int listed = 0;
  int more = 0;
  std::string others;
  const std::int32_t from = why.peer >= 0 && why.peer < comm.size()
                                ? static_cast<std::int32_t>(comm.member_of(why.peer))
                                : any_member;
  home.engine().for_each_unexpected(from, why.context, [&](const arrival& m) {
    if (listed == 4) {
      ++more;
      return;
    }
    others += (listed++ ? ", " : "") + std::string("tag ") + std::to_string(m.header.tag) +
              " from rank " + std::to_string(comm.rank_of(static_cast<std::int32_t>(m.source))) +
              " (" + std::to_string(m.length) + " bytes)";
  });
  if (listed != 0) {
    text += "; waiting to be received are: " + others;
    if (more != 0) text += " and " + std::to_string(more) + " more";
  }
  return text;
}

}  // namespace

error_context context_of(const communicator_state& comm, const wait_reason& why) {
  return {.rank = static_cast<int>(comm.home().self()),
          .operation = why.operation,
          .peer = why.peer == no_peer ? -1 : why.peer,
          .tag = why.tag,
          .site = why.site};
}

void examine_destination(const communicator_state& comm, int dest, int tag, const char* name,
                         const call& where) {
  if (dest != null_rank && (dest < 0 || dest >= comm.size())) {
    throw argument_error("destination " + std::to_string(dest) +
                             " is no rank of this communicator; its ranks are " + range(comm),
                         context_of(comm, reason(name, dest, tag, where)));
  }
  if (tag < 0) {
    throw argument_error(
        "tag " + std::to_string(tag) + " can't be sent; tags are 0 to " + std::to_string(max_tag),
        context_of(comm, reason(name, dest, tag, where)));
  }
}

void examine_source(const communicator_state& comm, int source, int tag, const char* name,
                    const call& where) {
  if (source != any_source && source != null_rank && (source < 0 || source >= comm.size())) {
    throw argument_error("source " + std::to_string(source) +
                             " is no rank of this communicator; its ranks are " + range(comm) +
                             ", and any_source",
                         context_of(comm, reason(name, source, tag, where)));
  }
  if (tag < 0 && tag != any_tag) {
    throw argument_error("tag " + std::to_string(tag) + " can't be received; tags are 0 to " +
                             std::to_string(max_tag) + ", and any_tag",
                         context_of(comm, reason(name, source, tag, where)));
  }
}

void throw_ended(communicator_state& comm, const operation& ended) {
  wait_reason why = ended.why;
  const std::string from = "the message from rank " + std::to_string(comm.rank_of(ended.from)) +
                           " with tag " + std::to_string(ended.message_tag);
  error_context context = context_of(comm, why);
  switch (ended.ended) {
    case outcome::wrong_type: {
      context.peer = comm.rank_of(ended.from);
      context.tag = ended.message_tag;
      throw type_error(from + " has elements of type " +
                           name_of(comm.home().memory(), ended.message_type) +
                           ", but this call receives " + ended.where.type->name +
                           "; the message is kept: receive it as what was sent",
                       context);
    }
    case outcome::wrong_length: {
      context.peer = comm.rank_of(ended.from);
      context.tag = ended.message_tag;
      throw truncation_error(
          from + " has " + elements(ended.message_bytes, *ended.where.type) +
              (ended.where.exact ? ", but this call receives exactly "
                                 : ", but there is room for ") +
              elements(ended.where.capacity, *ended.where.type) +
              "; the message is kept: receive it into a vector, or into a longer span",
          context);
    }
    case outcome::peer_gone:
      throw_rank_failed(comm, ended.what == operation::kind::send ? ended.member : ended.from, why);
    case outcome::lost:
      if (terminal(comm.home().gone(static_cast<std::uint32_t>(ended.from)))) {
        throw_rank_failed(comm, ended.from, why);
      }
      throw request_error(
          "the message of this probe is gone: its sender has cancelled it, or its "
          "deadline has passed; probe again",
          context);
    case outcome::failed:
      try {
        std::rethrow_exception(ended.problem);
      } catch (
          const truncation_error& e) {  // from where the bytes were to go, which knows no place
        throw truncation_error(e.message() + "; the message is kept", context);
      }
    default:
      throw request_error("the operation ended in no known way", context);
  }
}

void throw_rank_failed(communicator_state& comm, std::int32_t member, const wait_reason& why) {
  error_context context = context_of(comm, why);
  context.peer = comm.rank_of(member);
  comm.told(member);
  const auto slot = static_cast<std::uint32_t>(member);
  throw rank_failed(
      "rank " + std::to_string(context.peer) + how_it_went(comm, slot, comm.home().gone(slot)),
      context);
}

void throw_rank_failed(communicator_state& comm, int rank, const char* name, const call& where) {
  endpoint& home = comm.home();
  const endpoint::guard lock(home);
  if (home.deaths_pending()) home.notice_deaths();
  throw_rank_failed(comm, static_cast<std::int32_t>(comm.member_of(rank)),
                    {name, rank, any_tag, comm.context(), where.site});
}

void rethrow_archive_error(const communicator_state& comm, const message_facts& facts,
                           const call& where, const char* name) {
  try {
    throw;
  } catch (const archive_error& e) {
    throw archive_error("the message from rank " + std::to_string(facts.source) + " with tag " +
                            std::to_string(facts.tag) + ", " + std::to_string(facts.bytes) +
                            " bytes, can't be decoded: " + e.message(),
                        {.rank = static_cast<int>(comm.home().self()),
                         .operation = name,
                         .peer = facts.source,
                         .tag = facts.tag,
                         .site = where.site});
  }
}

void throw_timeout(communicator_state& comm, const wait_reason& why) {
  throw timeout_error("the deadline passed while waiting for " +
                          describe_call({
                              .operation = why.operation,
                              .peer = why.peer,
                              .tag = why.tag,
                              .context = why.context,
                              .site = call_site::unknown(),
                          }) +
                          instead(comm, why),
                      context_of(comm, why));
}

}  // namespace cohort::runtime
