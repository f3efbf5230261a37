package io.lockstep.model.adapter;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;

/**
 * The modules of a model as its parameters' names tell them.
 *
 * @param linears weight of each linear layer by the layer's name, in the order of computation
 * @param fused weights of experts, [experts, in, out], in the order of computation
 * @param all full names of all modules, whatever they compute or contain
 */
record Modules(
    SequencedMap<String, ParameterSpec> linears,
    List<ParameterSpec> fused,
    SequencedSet<String> all) {

  private static final String WEIGHT = ".weight";

  private static final int FUSED_DIMENSIONS = 3;

  /** Matrices that are no linear layers: tables that are looked up in, and routers. */
  private static final Set<String> NO_LINEARS = Set.of("embed_tokens", "pos_embed", "gate");

  static Modules of(ParameterLayout layout) {
    SequencedMap<String, ParameterSpec> linears = new LinkedHashMap<>();
    List<ParameterSpec> fused = new ArrayList<>();
    SequencedSet<String> all = new LinkedHashSet<>();
    for (ParameterLayout.Slot slot : layout.slots()) {
      ParameterSpec spec = slot.spec();
      String name = spec.name();
      for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        all.add(name.substring(0, dot));
      }
      if (spec.shape().size() == FUSED_DIMENSIONS) {
        fused.add(spec);
      }
      if (name.endsWith(WEIGHT) && spec.shape().size() == 2) {
        String module = name.substring(0, name.length() - WEIGHT.length());
        if (!NO_LINEARS.contains(lastPart(module))) {
          linears.put(module, spec);
        }
      }
    }
    return new Modules(linears, fused, all);
  }

  /** What linear layers are called, without where they are. */
  List<String> linearNames() {
    return linears.keySet().stream().map(Modules::lastPart).distinct().toList();
  }

  /** Whether a module is a list of modules: all that it holds is numbered. */
  boolean isList(String module) {
    List<String> children = children(module);
    return !children.isEmpty()
        && children.stream()
            .allMatch(child -> lastPart(child).chars().allMatch(Character::isDigit));
  }

  /** Full names of what a module holds, one level below it. */
  List<String> children(String module) {
    return all.stream()
        .filter(
            other -> other.startsWith(module + ".") && other.lastIndexOf('.') == module.length())
        .toList();
  }

  /** Whether a module holds parameters itself. */
  boolean isLeaf(String module) {
    return all.stream().noneMatch(other -> other.startsWith(module + "."));
  }

  /** The module that a parameter or module is in. */
  static String parent(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  private static String lastPart(String module) {
    return module.substring(module.lastIndexOf('.') + 1);
  }
}
