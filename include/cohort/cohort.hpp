// Everything of cohort.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/byte_buffer.hpp>
#include <cohort/call.hpp>
#include <cohort/collectives.hpp>
#include <cohort/communicator.hpp>
#include <cohort/constants.hpp>
#include <cohort/datatype.hpp>
#include <cohort/environment.hpp>
#include <cohort/error.hpp>
#include <cohort/group.hpp>
#include <cohort/message.hpp>
#include <cohort/multiprocessing.hpp>
#include <cohort/nonblocking.hpp>
#include <cohort/operators.hpp>
#include <cohort/patterns.hpp>
#include <cohort/request.hpp>
#include <cohort/status.hpp>
#include <cohort/thread_ranks.hpp>
#include <cohort/threading.hpp>
#include <cohort/timer.hpp>
#include <cohort/topology.hpp>
#include <cohort/version.hpp>
