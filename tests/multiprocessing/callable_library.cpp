// A library that a test loads: its callables are known while it is loaded.
#include <cohort/detail/callable_shipping.hpp>

extern "C" void encode_call(cohort::packed_oarchive& archive) {
  cohort::detail::encode_callable<int, int>(archive, [](int x) { return 3 * x; });
}
