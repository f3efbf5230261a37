package io.lockstep.proto.contract;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the files of a descriptor set declare, by full name: on the wire it doesn't matter which
 * file holds a message.
 *
 * @param messages nested ones and entries of maps included
 * @param methods by {@code package.Service.Method}
 */
record Declarations(
    Map<String, Declared<DescriptorProto>> messages,
    Map<String, Declared<EnumDescriptorProto>> enums,
    Map<String, Declared<MethodDescriptorProto>> methods) {

  /** A declaration and its file. */
  record Declared<T>(String file, T it) {}

  /** Those of the packages whose names begin with a prefix. */
  static Declarations of(FileDescriptorSet set, String prefix) {
    Declarations all = new Declarations(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    for (FileDescriptorProto file : set.getFileList()) {
      if (file.getPackage().startsWith(prefix)) {
        all.add(file);
      }
    }
    return all;
  }

  private void add(FileDescriptorProto file) {
    String scope = file.getPackage() + ".";
    file.getMessageTypeList().forEach(each -> add(file.getName(), scope, each));
    file.getEnumTypeList()
        .forEach(each -> enums.put(scope + each.getName(), new Declared<>(file.getName(), each)));
    file.getServiceList()
        .forEach(service ->
            service
                .getMethodList()
                .forEach(method ->
                    methods.put(
                        scope + service.getName() + "." + method.getName(),
                        new Declared<>(file.getName(), method))));
  }

  private void add(String file, String scope, DescriptorProto message) {
    String name = scope + message.getName();
    messages.put(name, new Declared<>(file, message));
    message.getNestedTypeList().forEach(each -> add(file, name + ".", each));
    message
        .getEnumTypeList()
        .forEach(each -> enums.put(name + "." + each.getName(), new Declared<>(file, each)));
  }
}
