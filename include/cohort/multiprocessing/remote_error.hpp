// What a function threw that another process executed for this one.
#pragma once

#include <cohort/error.hpp>

#include <string>
#include <utility>

namespace cohort {

// An exception in bytes: what is left of it in another process.
struct remote_failure {
  std::string type{};     // as in the source: "std::runtime_error"
  std::string text{};     // its what(), where it has one
  std::string process{};  // who threw it, with its host
  std::string trace{};    // what is nested in it, a line each, where that was kept

  // Of the exception that is being handled.
  static remote_failure of_current_exception(std::string process);

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& type& text& process& trace;
  }
};

// A function that another process called, for a manager or a pool, has thrown an exception of
// whatever type.
//   try { pool.apply(parse, text); }
//   catch (const cohort::remote_error& e) { std::cerr << e.type() << " in " << e.process() << '\n';
//   }
class remote_error : public error {
 public:
  remote_error(remote_failure failure, const error_context& context);

  const std::string& type() const noexcept { return failure_.type; }
  const std::string& text() const noexcept { return failure_.text; }
  const std::string& process() const noexcept { return failure_.process; }
  const std::string& trace() const noexcept { return failure_.trace; }

 private:
  remote_failure failure_;
};

}  // namespace cohort
