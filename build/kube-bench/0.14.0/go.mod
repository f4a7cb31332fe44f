module kcluster.dev/build/kube-bench

go 1.26.0

require (
	github.com/aquasecurity/kube-bench v0.14.0
)
