/** What etcd 3.7.3 answered, to the letter: one member; with a learner that was added and never started; the status with and without quorum. */
export const listOfOne =
  '{"header":{"cluster_id":"4044877879314165709", "member_id":"3210355901217236633", "raft_term":"2"}, "members":[{"ID":"3210355901217236633", "name":"quorum-cp1", "peerURLs":["https://10.101.95.11:2380"], "clientURLs":["https://10.101.95.11:2379"]}]}';
export const listWithLearner =
  '{"header":{"cluster_id":"4044877879314165709", "member_id":"3210355901217236633", "raft_term":"2"}, "members":[{"ID":"3210355901217236633", "name":"quorum-cp1", "peerURLs":["https://10.101.95.11:2380"], "clientURLs":["https://10.101.95.11:2379"]}, {"ID":"17362091599390544425", "peerURLs":["https://10.101.95.99:2380"], "isLearner":true}]}';
export const statusWithQuorum =
  '{"header":{"cluster_id":"4044877879314165709", "member_id":"3210355901217236633", "revision":"491", "raft_term":"2"}, "version":"3.7.3", "dbSize":"593920", "leader":"3210355901217236633", "raftIndex":"544", "raftTerm":"2", "raftAppliedIndex":"544", "dbSizeInUse":"593920", "storageVersion":"3.7.0", "dbSizeQuota":"8589934592", "downgradeInfo":{}}';
export const statusWithoutQuorum =
  '{"header":{"cluster_id":"4044877879314165709", "member_id":"3210355901217236633", "revision":"526", "raft_term":"3"}, "version":"3.7.3", "dbSize":"630784", "raftIndex":"597", "raftTerm":"3", "raftAppliedIndex":"597", "errors":["etcdserver: no leader"], "dbSizeInUse":"618496", "storageVersion":"3.7.0", "dbSizeQuota":"8589934592", "downgradeInfo":{}}';
