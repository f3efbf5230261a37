package io.lockstep.data.record;

import io.lockstep.data.geometry.Geometry;

/**
 * An annotated object.
 *
 * @param desc hierarchical text such as {@code BBU设备/品牌:华为/显示完整}
 * @param geometry where it is, in pixels
 */
public record DataObject(String desc, Geometry geometry) {}
