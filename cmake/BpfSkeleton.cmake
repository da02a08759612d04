# bpf_skeleton(NAME SOURCES...): compiles BPF objects with clang, links them into one and makes a C++ target NAME
# whose include folder holds NAME.skel.h. Objects are rebuilt when any header they include changes (depfiles).
find_program(BPF_CLANG NAMES clang REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(BPF_TARGET_ARCH arm64)
else()
    set(BPF_TARGET_ARCH x86)
endif()

function(bpf_skeleton name)
    set(out ${CMAKE_BINARY_DIR}/generated)
    file(MAKE_DIRECTORY ${out})
    set(objects)
    foreach(source ${ARGN})
        get_filename_component(stem ${source} NAME_WLE)
        set(object ${CMAKE_CURRENT_BINARY_DIR}/${stem}.o)
        # -mcpu=v3: the cmpxchg of the pending table. -I: <asm/types.h> is in the multiarch folder on Debian.
        add_custom_command(
            OUTPUT ${object}
            COMMAND ${BPF_CLANG} -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Werror
                    -D__TARGET_ARCH_${BPF_TARGET_ARCH} -I${CMAKE_SOURCE_DIR}
                    -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -MD -MF ${object}.d
                    -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
            DEPENDS ${source} DEPFILE ${object}.d VERBATIM
            COMMENT "BPF ${source}")
        list(APPEND objects ${object})
    endforeach()
    set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
    set(skeleton ${out}/${name}.skel.h)
    add_custom_command(
        OUTPUT ${skeleton}
        COMMAND ${BPFTOOL} gen object ${linked} ${objects}
        COMMAND ${BPFTOOL} gen skeleton ${linked} name ${name} > ${skeleton}
        DEPENDS ${objects} VERBATIM COMMENT "BPF skeleton ${name}")
    add_custom_target(${name}_skeleton DEPENDS ${skeleton})
    add_library(${name} INTERFACE)
    add_dependencies(${name} ${name}_skeleton)
    target_link_libraries(${name} INTERFACE PkgConfig::LIBBPF)
endfunction()
