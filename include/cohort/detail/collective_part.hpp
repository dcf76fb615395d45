// One rank's part of a collective call: what it gives, where its result goes, and the operator;
// taken at once, or started and held until it has ended.
#pragma once

#include <cohort/communicator.hpp>
#include <cohort/detail/collective.hpp>
#include <cohort/detail/collective_given.hpp>
#include <cohort/detail/collective_got.hpp>
#include <cohort/detail/collective_operator.hpp>
#include <cohort/detail/collective_site.hpp>
#include <cohort/error.hpp>
#include <cohort/request.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

// Of the operations that combine nothing.
struct no_operator {
  const reduction* describe() { return nullptr; }
};

template <class Given, class Got, class Operator>
collective_call describe(runtime::communicator_state& comm, const collective_task& task,
                         const collective_site& site, Given& given, Got& got, Operator& op,
                         const call& where) {
  try {
    return {.what = task.what,
            .name = task.name,
            .root = task.root,
            .type = task.type,
            .uniform = task.uniform,
            .given = given.give(site),
            .got = got.place(site),
            .op = op.describe(),
            .to = {},
            .from = {}};
  } catch (const refusal& refused) {
    runtime::abandon_collective(comm, task.name, refused.problem.c_str(), where);
    throw argument_error(refused.problem, {.operation = task.name, .site = where.site});
  } catch (const std::exception& e) {  // no memory, or a value that can't be packed
    runtime::abandon_collective(comm, task.name, e.what(), where);
    throw;
  }
}

// Makes values of what has come; this rank's errors get the place of the call.
template <class Got>
void finish_part(const collective_task& task, const collective_site& site, Got& got,
                 const call& where) {
  try {
    got.finish(site);
  } catch (const archive_error& e) {
    throw archive_error(e.message(), {.operation = task.name, .site = where.site});
  } catch (const truncation_error& e) {
    throw truncation_error(e.message(), {.operation = task.name, .site = where.site});
  }
}

// A part under way. The operation and the request share it: a request may be dropped before the
// operation has ended.
template <class Given, class Got, class Operator>
struct part_under_way {
  collective_task task;
  collective_site site;
  Given given;
  Got got;
  Operator op;
};

template <class Part>
class part_completion final : public completion {
 public:
  explicit part_completion(std::shared_ptr<Part> part) : part_(std::move(part)) {}
  void finish(message_facts&, const call& where) override {
    finish_part(part_->task, part_->site, part_->got, where);
  }

 private:
  std::shared_ptr<Part> part_;
};

// The call that a form is used in: the forms of an operation are written once, as functions of how
// they are run.
class collective_caller {
 public:
  collective_caller(const communicator& comm, const char* name, const call& where)
      : comm_(comm), name_(name), where_(where) {}

  // The elements behind a pointer whose number the user says.
  template <class T>
  std::span<T> elements(T* first, int count) const {
    if (count < 0) [[unlikely]] {
      refuse("the number of elements, " + std::to_string(count) + ", is negative");
    }
    return {first, static_cast<std::size_t>(count)};
  }
  // The same, so many for each rank.
  template <class T>
  std::span<T> blocks(T* first, int count) const {
    return {first, elements(first, count).size() * static_cast<std::size_t>(comm_.size(where_))};
  }
  // The length of a rank's block of `count` elements.
  std::size_t block_of(std::size_t count) const {
    return count / static_cast<std::size_t>(comm_.size(where_));
  }
  // This rank's number in a list with one for each rank.
  int own_of(const std::vector<int>& sizes) const {
    if (sizes.size() != static_cast<std::size_t>(comm_.size(where_))) [[unlikely]] {
      refuse(expected(static_cast<std::size_t>(comm_.size(where_)), sizes.size(), "lengths",
                      "give one for each rank"));
    }
    return sizes[static_cast<std::size_t>(comm_.rank(where_))];
  }
  // The elements that blocks of these lengths at these places reach over; what is wrong with the
  // lists is seen later.
  std::size_t length_of(const std::vector<int>& sizes, const std::vector<int>& displs) const {
    std::int64_t end = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::int64_t start = displs.empty() ? end : i < displs.size() ? displs[i] : 0;
      end = std::max(end, start + sizes[i]);
    }
    return static_cast<std::size_t>(end);
  }
  bool is_rank(int rank) const { return comm_.rank(where_) == rank; }
  [[noreturn]] void refuse(const std::string& problem) const {
    runtime::abandon_collective(comm_.state(where_), name_, problem.c_str(), where_);
    throw argument_error(problem, {.operation = name_, .site = where_.site});
  }

 protected:
  const communicator& comm_;
  const char* const name_;
  const call& where_;
};

// Takes part, waits, and returns the result where there is one that is not put where the user says.
class blocking : public collective_caller {
 public:
  using collective_caller::collective_caller;

  template <class Given, class Got, class Operator = no_operator>
  auto operator()(collective_task task, Given&& given, Got&& got, Operator&& op = {}) const {
    task.name = name_;
    runtime::communicator_state& state = comm_.state(where_);
    const collective_site site(task, state);
    runtime::run_collective(state, describe(state, task, site, given, got, op, where_), where_);
    finish_part(task, site, got, where_);
    if constexpr (std::remove_cvref_t<Got>::returns) return std::move(got.result());
  }
};

// Starts and returns a request: for the result, where there is one.
class starting : public collective_caller {
 public:
  using collective_caller::collective_caller;

  template <class Given, class Got, class Operator = no_operator>
  auto operator()(collective_task task, Given given, Got got, Operator op = {}) const {
    using part = part_under_way<Given, Got, Operator>;
    task.name = name_;
    const auto& state = comm_.share(where_);
    const collective_site site(task, *state);
    auto held =
        std::make_shared<part>(part{task, site, std::move(given), std::move(got), std::move(op)});
    part& stays = *held;
    const collective_call described =
        describe(*state, task, site, stays.given, stays.got, stays.op, where_);
    auto room = std::make_unique<part_completion<part>>(held);
    auto under_way = runtime::start_collective(state, described, std::move(held), where_);
    if constexpr (Got::returns) {
      using result = std::remove_reference_t<decltype(stays.got.result())>;
      return value_request<result>(std::move(room), &stays.got.result(), std::move(under_way));
    } else {
      return request(std::move(room), std::move(under_way));
    }
  }
};

// A span to read and one of the same elements to write.
template <class From, class To>
concept same_elements = std::same_as<std::remove_cv_t<From>, To>;

}  // namespace cohort::detail
