# Installation: `find_package(cohort)` gives the target cohort::cohort; the tool, which
# launcher/CMakeLists.txt installs, goes to bin/.
include(CMakePackageConfigHelpers)

set(cohort_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cohort)
install(TARGETS cohort_runtime EXPORT cohort-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/cohort DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT cohort-targets NAMESPACE cohort:: DESTINATION ${cohort_package_dir})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/cohort-config.cmake.in ${PROJECT_BINARY_DIR}/cohort-config.cmake
  INSTALL_DESTINATION ${cohort_package_dir})
# Before 1.0 a minor version may break programs.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cohort-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cohort-config.cmake
              ${PROJECT_BINARY_DIR}/cohort-config-version.cmake DESTINATION ${cohort_package_dir})
