require 'fileutils'
require 'json'
require 'yaml'

module Kcluster
  # Writes inventory.yaml for the machines that are up. Each machine leaves a file with its facts; the inventory is made from all of them.
  class Inventory
    def initialize(directory, settings)
      @facts = File.join(directory, '.vagrant', 'kcluster')
      @path = File.join(directory, 'inventory.yaml')
      @settings = settings
    end

    # Returns the inventory's path. `host_key` is the line of the machine's public key file.
    def add(machine, user:, key:, host_key:)
      ssh = { 'user' => user, 'become' => 'sudo', 'identityFile' => File.expand_path(key), 'hostKey' => host_key.split.first(2).join(' ') }
      update { write(fact_file(machine), JSON.pretty_generate(ssh)) }
      @path
    end

    def remove(machine)
      update { FileUtils.rm_f(fact_file(machine)) }
    end

    # The inventory as data. `facts`: machine name => its ssh settings; machines without are left out.
    def content(facts)
      cluster = { 'name' => @settings.name }
      cluster['kubernetesVersion'] = @settings.kubernetes_version if @settings.kubernetes_version
      cluster['etcd'] = { 'topology' => 'external' } if @settings.external_etcd?
      cluster['artifacts'] = { 'mirror' => @settings.mirror, 'trust' => 'mirror' } if @settings.mirror
      { 'apiVersion' => 'kcluster/v1alpha1', 'kind' => 'Inventory', 'cluster' => cluster, 'nodes' => nodes(facts) }
    end

    private

    def nodes(facts)
      @settings.machines.select { |machine| facts.key?(machine.name) }.map do |machine|
        # A copy for each node: YAML would write a shared list as an alias.
        { 'name' => machine.name, 'address' => machine.address, 'roles' => machine.roles.dup, 'ssh' => facts[machine.name] }
      end
    end

    # Machines may come up side by side.
    def update
      FileUtils.mkdir_p(@facts)
      File.open(File.join(@facts, 'lock'), File::RDWR | File::CREAT, 0o600) do |lock|
        lock.flock(File::LOCK_EX)
        yield
        facts = read_facts
        facts.empty? ? FileUtils.rm_f(@path) : write(@path, YAML.dump(content(facts)))
      end
    end

    def read_facts
      Dir[File.join(@facts, '*.json')].to_h { |file| [File.basename(file, '.json'), JSON.parse(File.read(file))] }
    end

    def fact_file(machine)
      File.join(@facts, "#{machine.name}.json")
    end

    def write(path, text)
      File.write("#{path}.new", text, perm: 0o600)
      File.rename("#{path}.new", path)
    end
  end
end
