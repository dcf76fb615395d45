#include "collectives/board/claim.hpp"

#include "collectives/call_signature.hpp"
#include "runtime/names.hpp"

namespace cohort::collectives {

void write_claim(claim& mine, std::uint32_t number, const claimed& what) {
  constexpr auto relaxed = std::memory_order_relaxed;
  mine.number.store(0, relaxed);
  // Whoever reads a word of this call finds the number above, or the one below.
  std::atomic_thread_fence(std::memory_order_release);
  mine.kind.store(what.kind, relaxed);
  mine.operation.store(what.operation, relaxed);
  mine.type.store(what.type, relaxed);
  mine.type_size.store(what.type_size, relaxed);
  mine.op.store(what.op, relaxed);
  mine.file.store(what.file, relaxed);
  mine.line.store(what.line, relaxed);
  mine.root.store(what.root, relaxed);
  mine.bytes.store(what.bytes, relaxed);
  mine.number.store(number, std::memory_order_release);
}

bool read_claim(const claim& theirs, std::uint32_t number, claimed& what) {
  constexpr auto relaxed = std::memory_order_relaxed;
  if (theirs.number.load(std::memory_order_acquire) != number) return false;
  what.kind = theirs.kind.load(relaxed);
  what.operation = theirs.operation.load(relaxed);
  what.type = theirs.type.load(relaxed);
  what.type_size = theirs.type_size.load(relaxed);
  what.op = theirs.op.load(relaxed);
  what.file = theirs.file.load(relaxed);
  what.line = theirs.line.load(relaxed);
  what.root = theirs.root.load(relaxed);
  what.bytes = theirs.bytes.load(relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  return theirs.number.load(relaxed) == number;
}

std::string describe(const runtime::arena& memory, const claimed& what) {
  std::string arguments;
  const auto add = [&](const std::string& text) {
    arguments += (arguments.empty() ? "" : ", ") + text;
  };
  if (what.root >= 0) add("root " + std::to_string(what.root));
  if (what.type != 0) {
    const std::string type = runtime::name_of(memory, what.type);
    if (what.bytes == not_uniform)
      add(type);
    else
      add(std::to_string(what.bytes) + " bytes of " + type);
  }
  if (what.op != 0) add(runtime::name_of(memory, what.op));
  std::string text = runtime::name_of(memory, what.operation) + "(" + arguments + ")";
  if (what.line != 0) {
    text += " at " + runtime::name_of(memory, what.file) + ":" + std::to_string(what.line);
  }
  return text;
}

}  // namespace cohort::collectives
