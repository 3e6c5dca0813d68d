# To be sourced: packages of Debian without installing them, so that nothing of the machine changes and nobody needs to be root.

# debian_unpacked FOLDER PACKAGE…: their files, and what describes each of them as scanners of images look for it.
debian_unpacked() {
  local folder=$1 debs deb
  shift
  debs=$(mktemp -d)
  mkdir -p "$folder/var/lib/dpkg/status.d"
  # The lists are read anew, apart from those of the machine: what they name may be gone.
  mkdir -p "$debs/state/lists/partial" "$debs/cache/archives/partial"
  local apt=(apt-get -qq -o Dir::State="$debs/state" -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$debs/cache" -o APT::Sandbox::User= -o Debug::NoLocking=1)
  "${apt[@]}" update
  (cd "$debs" && "${apt[@]}" download "$@" >/dev/null)
  for deb in "$debs"/*.deb; do
    dpkg-deb -x "$deb" "$folder"
    dpkg-deb -f "$deb" >"$folder/var/lib/dpkg/status.d/$(dpkg-deb -f "$deb" Package)"
  done
  rm -rf "$debs"
}
