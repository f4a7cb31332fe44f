# Which machines there are: names and roles as `kcluster lab` gives them.
module Kcluster
  Machine = Struct.new(:name, :address, :roles, keyword_init: true)

  # What the environment asks for.
  class Settings
    BOXES = { 'debian' => 'debian/bookworm64', 'almalinux' => 'almalinux/9' }.freeze

    # Setting => last octet of the first machine, short name, least and greatest number.
    KINDS = {
      'KCLUSTER_CONTROL_PLANES' => { default: 1, first: 11, short: 'cp', range: 1..9 },
      'KCLUSTER_WORKERS' => { default: 2, first: 21, short: 'w', range: 0..150 },
      'KCLUSTER_ETCD' => { default: 0, first: 201, short: 'etcd', range: 0..9 }
    }.freeze

    attr_reader :name, :box, :subnet, :cpus, :memory_mib, :kubernetes_version, :mirror, :machines

    def self.from(environment)
      new(environment)
    end

    def initialize(environment)
      @name = environment.fetch('KCLUSTER_NAME', 'demo')
      raise ArgumentError, "KCLUSTER_NAME: #{@name.inspect} must be small letters, digits and dashes" unless @name.match?(/\A[a-z]([a-z0-9-]*[a-z0-9])?\z/)

      choice = environment.fetch('KCLUSTER_BOX', 'debian')
      @box = BOXES.fetch(choice, choice)
      # VirtualBox allows host-only networks inside 192.168.56.0/21 without further settings.
      @subnet = environment.fetch('KCLUSTER_SUBNET', '192.168.56')
      @cpus = number(environment, 'KCLUSTER_CPUS', 2, 1..64)
      @memory_mib = number(environment, 'KCLUSTER_MEMORY_MIB', 2048, 1024..262_144)
      @kubernetes_version = environment['KCLUSTER_KUBERNETES_VERSION']
      @mirror = environment['KCLUSTER_MIRROR']
      @machines = plan(environment)
    end

    def external_etcd?
      machines.any? { |machine| machine.roles.include?('etcd') }
    end

    private

    def plan(environment)
      counts = KINDS.to_h { |setting, kind| [setting, number(environment, setting, kind[:default], kind[:range])] }
      control_plane = counts['KCLUSTER_WORKERS'].zero? ? %w[control-plane worker] : %w[control-plane]
      roles = { 'cp' => control_plane, 'w' => %w[worker], 'etcd' => %w[etcd] }
      KINDS.flat_map do |setting, kind|
        Array.new(counts[setting]) do |index|
          Machine.new(name: "#{name}-#{kind[:short]}#{index + 1}", address: "#{subnet}.#{kind[:first] + index}", roles: roles[kind[:short]])
        end
      end
    end

    def number(environment, setting, default, range)
      value = Integer(environment.fetch(setting, default.to_s), 10)
      raise ArgumentError, "#{setting}: #{value} is not between #{range.begin} and #{range.end}" unless range.cover?(value)

      value
    end
  end
end
