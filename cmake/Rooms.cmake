# The standard headers are compiled once for all libraries and once for all programs: GCC takes them only with the options that they were made with, and
# -fPIC and -fPIE differ.
add_library(stratus_precompiled OBJECT "${PROJECT_SOURCE_DIR}/cmake/precompiled_main.cpp")
add_executable(stratus_precompiled_program "${PROJECT_SOURCE_DIR}/cmake/precompiled_main.cpp")
foreach(target stratus_precompiled stratus_precompiled_program)
  target_link_libraries(${target} PRIVATE Threads::Threads)
  target_precompile_headers(${target} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/precompiled.h")
endforeach()
function(stratus_precompile target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_precompile_headers(${target} REUSE_FROM stratus_precompiled_program)
  else()
    target_precompile_headers(${target} REUSE_FROM stratus_precompiled)
  endif()
endfunction()

# A room is one folder, one static library, one purpose. Its dependencies are private, so that a room which includes
# another without naming it here does not compile through a third one by accident.
#
#   stratus_room(NAME <target> [PUBLIC rooms…] [PRIVATE rooms and libraries…])
#
# Sources are the folder's *.cpp, without *_test.cpp and *_fuzz.cpp. Each *_test.cpp becomes part of <target>_test.
function(stratus_room)
  cmake_parse_arguments(ROOM "" "NAME" "PUBLIC;PRIVATE;TEST" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(${ROOM_NAME} STATIC ${sources})
    target_include_directories(${ROOM_NAME} PUBLIC "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${ROOM_NAME} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE} fmt::fmt Threads::Threads)
    stratus_precompile(${ROOM_NAME})
  else()
    add_library(${ROOM_NAME} INTERFACE)
    target_include_directories(${ROOM_NAME} INTERFACE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${ROOM_NAME} INTERFACE ${ROOM_PUBLIC} ${ROOM_PRIVATE})
  endif()
  if(STRATUS_TESTS AND tests)
    add_executable(${ROOM_NAME}_test ${tests})
    target_link_libraries(${ROOM_NAME}_test PRIVATE ${ROOM_NAME} ${ROOM_PUBLIC} ${ROOM_PRIVATE} ${ROOM_TEST} GTest::gtest GTest::gmock GTest::gtest_main fmt::fmt Threads::Threads)
    stratus_precompile(${ROOM_NAME}_test)
    # Where the compiler ran: __FILE__ may be relative to it, and some tests find their scripts beside their source.
    add_test(NAME ${ROOM_NAME}_test COMMAND ${ROOM_NAME}_test WORKING_DIRECTORY "${CMAKE_BINARY_DIR}")
    set_tests_properties(${ROOM_NAME}_test PROPERTIES TIMEOUT 300)
  endif()
endfunction()
