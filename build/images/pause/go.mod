module kcluster.dev/build/images/pause

go 1.26.0
