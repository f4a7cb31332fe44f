module kcluster.dev/build/images/echo

go 1.26.0
