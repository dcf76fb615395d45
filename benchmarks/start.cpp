// Starts, meets the other ranks in a barrier, and ends: the harness times the whole job from
// outside.
#include LAYER_HEADER

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  job.barrier();
}
