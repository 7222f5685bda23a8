export { default } from "berth";
