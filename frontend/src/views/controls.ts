/** The controls that widgets are composed of, by one door. */
export { type ButtonOptions, type ButtonProps, button, iconButton } from "./button";
export type { Availability, FieldOptions } from "./field";
export { type NumberFieldOptions, type NumberFieldProps, numberField } from "./numberField";
export { type Option, type SegmentedOptions, type SegmentedProps, segmented } from "./segmented";
export { type SelectOption, type SelectOptions, type SelectProps, select } from "./select";
export { type SliderFieldOptions, type SliderFieldProps, sliderField } from "./sliderField";
export { type ToggleOptions, type ToggleProps, toggle } from "./toggle";
