# libFuzzer targets, for KENAL_FUZZ builds. What the targets of tests/decode and
# tests/formats have in common.
#
# A room under test is built once more with the fuzzer's instrumentation, by
# KENAL_FUZZ_OPTIONS; libraries are as the system has them. How deep the stack
# gets counts for nothing: it hangs on where the stack begins, which differs from
# run to run.
set(KENAL_FUZZ_OPTIONS -fsanitize=fuzzer-no-link,address,undefined
  -fno-sanitize-recover=all -fno-sanitize-coverage=stack-depth)
if(NOT TARGET kenal_fuzz)
  add_custom_target(kenal_fuzz)
endif()

# kenal_fuzz_target(NAME CORPUS folder SOURCES file... LINK room...
#                   INPUT_BYTES_MAX n RUNS n [OPTIONS ...])
#
# A program NAME_fuzz, which the target kenal_fuzz builds with all others, and a
# test that does the same from run to run: it begins with the committed corpus
# (corpus/CORPUS) and one seed, counts its runs rather than
# seconds, and does not look at what is compared, which differs with the
# addresses of a process. tools/fuzz.sh looks further, from random seeds: it
# reads NAME_fuzz.fuzz beside the program, which has its options and its corpus,
# one a line.
function(kenal_fuzz_target name)
  cmake_parse_arguments(ARG "" "CORPUS;INPUT_BYTES_MAX;RUNS"
    "SOURCES;LINK;OPTIONS" ${ARGN})
  set(target ${name}_fuzz)
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${ARG_CORPUS})
  add_executable(${target} ${ARG_SOURCES})
  target_compile_options(${target} PRIVATE ${KENAL_FUZZ_OPTIONS} ${ARG_OPTIONS})
  target_link_options(${target} PRIVATE -fsanitize=fuzzer,address,undefined)
  target_link_libraries(${target} PRIVATE kenal_flags ${ARG_LINK})
  set(options -max_len=${ARG_INPUT_BYTES_MAX} -rss_limit_mb=1500 -timeout=20
    -print_final_stats=1)
  list(JOIN options " " line)
  file(WRITE ${CMAKE_BINARY_DIR}/bin/${target}.fuzz "${line}\n${corpus}\n")
  set(found ${CMAKE_CURRENT_BINARY_DIR}/${name})
  add_test(NAME ${target} COMMAND sh -c
    "rm -rf \"$1\" && mkdir \"$1\" && shift && exec \"$@\"" sh ${found}
    $<TARGET_FILE:${target}> ${options} -seed=1 -runs=${ARG_RUNS}
    -use_cmp=0 -reload=0 -max_total_time=150
    -artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/failed-${name}- ${found}
    ${corpus})
  set_tests_properties(${target} PROPERTIES LABELS fuzz-smoke TIMEOUT 300)
  add_dependencies(kenal_fuzz ${target})
endfunction()
