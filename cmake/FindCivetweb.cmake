# Finds the static civetweb that deploy/civetweb.sh builds (why: see there). Target: Civetweb::Civetweb.
set(CIVETWEB_ROOT ${CMAKE_SOURCE_DIR}/build/civetweb CACHE PATH "Where deploy/civetweb.sh installed civetweb")
find_path(CIVETWEB_INCLUDE_DIR civetweb.h PATHS ${CIVETWEB_ROOT}/include NO_DEFAULT_PATH)
find_library(CIVETWEB_LIBRARY libcivetweb.a PATHS ${CIVETWEB_ROOT}/lib NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Civetweb REQUIRED_VARS CIVETWEB_LIBRARY CIVETWEB_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "run deploy/civetweb.sh ${CIVETWEB_ROOT}")
if(Civetweb_FOUND AND NOT TARGET Civetweb::Civetweb)
    find_package(OpenSSL REQUIRED)
    find_package(Threads REQUIRED)
    add_library(Civetweb::Civetweb STATIC IMPORTED)
    set_target_properties(Civetweb::Civetweb PROPERTIES IMPORTED_LOCATION ${CIVETWEB_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${CIVETWEB_INCLUDE_DIR}
        INTERFACE_LINK_LIBRARIES "OpenSSL::SSL;OpenSSL::Crypto;Threads::Threads;${CMAKE_DL_LIBS};rt")
endif()
